"""The main job shown from end to end, on the small history that ships with the project."""
