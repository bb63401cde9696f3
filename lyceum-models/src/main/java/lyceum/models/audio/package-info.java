/**
 * Models of sound: what a clip is {@linkplain lyceum.models.audio.MelSpectrogram seen as}, coded into
 * ({@link lyceum.models.audio.NeuralAudioCodec}), written down as ({@link lyceum.models.audio.Whisper},
 * {@link lyceum.models.audio.Conformer}) and continued by ({@link lyceum.models.audio.AudioLm}); where
 * somebody speaks in it is found by {@link lyceum.models.audio.VoiceActivity}. Files, resampling and small worlds of
 * sound are in {@code lyceum.data.sounds}.
 */
package lyceum.models.audio;
