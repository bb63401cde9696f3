package lyceum.text;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How a text is encoded.
 *
 * @param template whether the tokenizer's template (start and end tokens) is put around the text; true by default
 * @param controls which control strings in the text become control tokens; none by default
 * @param truncation where to cut long inputs; null: nowhere
 * @param padding how to fill short inputs; null: not at all
 */
@Withers
public record EncodeOptions(boolean template, Controls controls, Truncation truncation, Padding padding) implements EncodeOptionsWithers {
    /** With template, user text as data, whole, not padded. */
    public static final EncodeOptions DEFAULT = new EncodeOptions(true, Controls.TEXT, null, null);
    /** The text's own tokens alone. */
    public static final EncodeOptions PLAIN = DEFAULT.withTemplate(false);

    public EncodeOptions { Objects.requireNonNull(controls, "controls"); }
}
