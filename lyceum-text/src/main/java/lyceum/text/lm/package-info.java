/**
 * Models that give probability to sequences of ids. Start at {@link lyceum.text.lm.LanguageModel}: whatever predicts the next token is one, and is scored,
 * evaluated and sampled by the same calls. Counts with their smoothings are {@link lyceum.text.lm.NGramEstimator}, small networks to train
 * {@link lyceum.text.lm.NeuralLanguageModel}, networks of one's own {@link lyceum.text.lm.RecurrentLanguageModel} and
 * {@link lyceum.text.lm.CausalLanguageModel}, several models together {@link lyceum.text.lm.MixtureLanguageModel}, models that see both sides
 * {@link lyceum.text.lm.MaskedLanguageModel}.
 */
package lyceum.text.lm;
