/**
 * Generation by taking noise away. Four independent values meet in a {@link lyceum.models.generative.diffusion.DiffusionModel}: how noise grows
 * ({@link lyceum.models.generative.diffusion.NoisePath}, such as a {@link lyceum.models.generative.diffusion.NoiseSchedule}), what the network says
 * ({@link lyceum.models.generative.diffusion.Prediction}), the network ({@link lyceum.models.generative.diffusion.Denoiser}), and its guidance
 * ({@link lyceum.models.generative.diffusion.ClassifierFreeGuidance}). A {@link lyceum.models.generative.diffusion.DiffusionSampler} draws from it.
 * {@link lyceum.models.generative.diffusion.Ddpm} is where to start; {@link lyceum.models.generative.diffusion.FlowMatching} is the shorter road.
 * {@link lyceum.models.generative.diffusion.VideoDiffusion} draws clips.
 */
package lyceum.models.generative.diffusion;
