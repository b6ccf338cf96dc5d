"""The commands of `market`: one file per group, each a Typer application."""
