"""What words mean for memory, whatever the language: days, and turns of phrase."""
