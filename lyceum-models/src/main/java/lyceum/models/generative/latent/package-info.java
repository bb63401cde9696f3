/**
 * Diffusion in the codes of an autoencoder ({@link lyceum.models.generative.latent.AutoencoderKl} or {@link
 * lyceum.models.generative.latent.AutoencoderVq}), and pictures from sentences by it. Start at {@link lyceum.models.generative.latent.StableDiffusion}, or at {@link
 * lyceum.models.generative.latent.LatentDiffusion} for an autoencoder and a denoiser of one's own. Networks have the names of diffusers' checkpoints.
 */
package lyceum.models.generative.latent;
