"""What other programs may ask of the studio, by gradio_client or by the Model Context Protocol."""
