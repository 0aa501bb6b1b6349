"""What can be typed: commands, their options and their help (click). What a command does is imported when it runs."""
