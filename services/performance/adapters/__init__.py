"""What performance asks of the world around its rules: files of policies, rows of facts."""
