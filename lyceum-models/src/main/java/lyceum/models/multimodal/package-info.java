/**
 * Pictures and texts in one space: {@link lyceum.models.multimodal.ImageTextEncoder} has the two towers, {@link lyceum.models.multimodal.ContrastiveVlm}
 * trains them by an {@link lyceum.models.multimodal.VlmObjective}, {@link lyceum.models.multimodal.CrossModalAlignment} joins encoders that are there already.
 */
package lyceum.models.multimodal;
