/**
 * Models that give probability to sequences of ids. Start at {@link lyceum.text.lm.LanguageModel}: whatever predicts the next token is one, and is scored,
 * evaluated and sampled by the same calls. Counts with their smoothings are {@link lyceum.text.lm.NGramEstimator}, networks
 * {@link lyceum.text.lm.RecurrentLanguageModel} and {@link lyceum.text.lm.CausalLanguageModel}, models that see both sides
 * {@link lyceum.text.lm.MaskedLanguageModel}.
 */
package lyceum.text.lm;
