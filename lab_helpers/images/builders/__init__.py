"""What builds images: Docker where its daemon answers, else buildah with a storage of the lab's own."""
