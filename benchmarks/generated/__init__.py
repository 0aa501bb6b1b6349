"""Conversations made for what data sets hold little of; the same in every run."""
