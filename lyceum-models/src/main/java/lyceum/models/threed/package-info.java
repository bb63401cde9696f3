/** Scenes in space from pictures with known cameras. Begin with {@link lyceum.models.threed.Camera}; then {@link lyceum.models.threed.Nerf} or {@link lyceum.models.threed.GaussianSplatting}. */
package lyceum.models.threed;
