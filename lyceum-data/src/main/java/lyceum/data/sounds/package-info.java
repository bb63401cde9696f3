/**
 * Sound: {@link lyceum.data.sounds.Sound samples and their rate}, {@link lyceum.data.sounds.Wav files}, and small worlds of sound that are
 * drawn by a seed and can be heard again: {@link lyceum.data.sounds.ToneWords} is speech of tones, {@link lyceum.data.sounds.Melodies} are
 * tunes. What changes sound at random is in {@link lyceum.data.augment.SoundAugment}.
 */
package lyceum.data.sounds;
