/**
 * Samples that are changed at random where the label stays: an {@link lyceum.data.augment.Augment} of pictures
 * ({@link lyceum.data.augment.ImageAugment}, {@link lyceum.data.augment.RandAugment}), words ({@link lyceum.data.augment.TextAugment}), sound
 * ({@link lyceum.data.augment.SoundAugment}) or table rows ({@link lyceum.data.augment.RowAugment}); and {@link lyceum.data.augment.Mix}tures, which change
 * the label too. Every sample has a random stream of its own, so results do not depend on who computes them, or when.
 */
package lyceum.data.augment;
