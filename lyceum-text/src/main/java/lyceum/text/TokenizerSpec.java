package lyceum.text;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * What a tokenizer is made of: the content of a {@code tokenizer.json}.
 *
 * @param normalizer how a text is changed first; null: not
 * @param preTokenizer how it is cut into words; null: the whole text is one
 * @param model how words become pieces
 * @param postProcessor what goes around a text; null: nothing
 * @param decoder how pieces become a text; null: they are joined by spaces
 * @param specials control tokens and added tokens
 * @param truncation how inputs are cut by default; null: not
 * @param padding how inputs are filled by default; null: not
 */
@Withers
public record TokenizerSpec(TextNormalizer normalizer, PreTokenizer preTokenizer, SubwordModel model, PostProcessor postProcessor,
        TokenDecoder decoder, SpecialTokens specials, Truncation truncation, Padding padding) implements TokenizerSpecWithers {
    public TokenizerSpec {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(specials, "specials");
        for (var added : specials.added()) {
            var v = model.vocabulary();
            int there = v.id(added.text());
            boolean taken = added.id() < v.size() && !v.isReserved(added.id()) && !v.token(added.id()).equals(added.text());
            if (there >= 0 && there != added.id() || taken) throw new IllegalArgumentException(
                    "TokenizerSpec: the added token \"" + added.text() + "\" has id " + added.id() + ", in the vocabulary "
                            + (there >= 0 ? "it has " + there : "that is \"" + v.token(added.id()) + "\"") + "; they must agree");
            if (added.id() > v.size() + 1_000_000) throw new IllegalArgumentException("TokenizerSpec: the added token \"" + added.text()
                    + "\" has id " + added.id() + ", far beyond the vocabulary of " + v.size());
        }
    }

    /** A model alone. */
    public TokenizerSpec(SubwordModel model) { this(null, null, model, null, null, SpecialTokens.NONE, null, null); }
}
