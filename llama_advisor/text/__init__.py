"""What every package uses: errors, files with places, wording, templates."""
