/**
 * Pictures and texts in one space: {@link lyceum.models.multimodal.ImageTextEncoder} has the two towers, {@link lyceum.models.multimodal.ContrastiveVlm}
 * trains them by an {@link lyceum.models.multimodal.VlmObjective}, {@link lyceum.models.multimodal.CrossModalAlignment} joins encoders that are there already.
 * {@link lyceum.models.multimodal.TextToImage} draws pictures from texts, {@link lyceum.models.multimodal.PictureTuning} brings
 * them closer to what was asked, {@link lyceum.models.multimodal.UnifiedModel} turns texts, pictures, sounds and clips into each other.
 */
package lyceum.models.multimodal;
