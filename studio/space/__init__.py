"""The studio as a Gradio Space of the Hugging Face Hub: its folder, its upload, and what the program finds there."""
