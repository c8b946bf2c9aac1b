"""Latest-wins streaming between the sampler's threads and the browser."""
