package lyceum.models.audio;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * The choices of a {@link SpeechRecognizer}.
 *
 * @param encoder what hears
 * @param symbols that can be written, the blank not among them
 */
@Withers
public record SpeechRecognizerConfig(ConformerConfig encoder, int symbols) implements SpeechRecognizerConfigWithers {
    public SpeechRecognizerConfig {
        Objects.requireNonNull(encoder, "encoder");
        if (symbols < 1) throw new IllegalArgumentException("SpeechRecognizerConfig: " + symbols + " symbols; at least 1");
    }
}
