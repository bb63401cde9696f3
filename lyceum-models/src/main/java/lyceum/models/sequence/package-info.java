/**
 * Architectures for sequences. Start from {@link lyceum.models.sequence.RecurrentModel}, a stack of {@link lyceum.models.sequence.Mamba},
 * {@link lyceum.models.sequence.Rwkv} or {@link lyceum.models.sequence.XLstm} layers whose state has one size and can be saved.
 */
package lyceum.models.sequence;
