"""The version of this program, which is also the version of the package that is installed."""

VERSION = "0.2.0"
