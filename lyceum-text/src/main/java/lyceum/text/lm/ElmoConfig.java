package lyceum.text.lm;

import java.util.List;
import lyceum.withers.Withers;

/**
 * The shape of an {@link Elmo}.
 *
 * @param vocabulary words to predict, marks among them: ids are 0 to this less one
 * @param width p, of a direction's state; a contextual vector has two of them
 * @param units of the memory of each LSTM layer, projected to the width
 * @param layers L of each direction
 * @param dropout of what goes into each layer and into the softmax, while learning, in [0, 1)
 * @param characters how words are spelled out; null to look up a vector a word
 * @param startMark an id that is put before every text
 * @param endMark an id that is put behind every text
 */
@Withers
public record ElmoConfig(int vocabulary, int width, int units, int layers, double dropout, Characters characters, int startMark,
        int endMark) implements ElmoConfigWithers {
    /** Filters over so many neighbouring characters. */
    public record Filters(int kernel, int count) {
        public Filters {
            if (kernel < 1 || count < 1)
                throw new IllegalArgumentException("Filters: " + count + " of " + kernel + " characters; both are at least 1");
        }
    }

    /**
     * Words from the bytes of their UTF-8: a vector a byte, convolutions of several widths, the largest value of each filter over the word, a ReLU, highway
     * layers and a projection.
     *
     * @param width of a byte's vector
     * @param longest bytes of a word with two marks; what is longer is cut
     * @param filters at least one kind
     * @param highways layers of {@link lyceum.nn.Highway}
     */
    public record Characters(int width, int longest, List<Filters> filters, int highways) {
        public Characters {
            filters = List.copyOf(filters);
            if (width < 1 || longest < 3 || filters.isEmpty() || highways < 0) throw new IllegalArgumentException(
                    "Characters: width " + width + ", longest " + longest + ", " + filters.size() + " kinds of filters, " + highways
                            + " highways; a width and a filter are there, a word has" + " 3 bytes or more with its marks");
            for (var f : filters)
                if (f.kernel > longest)
                    throw new IllegalArgumentException("Characters: a filter of " + f.kernel + " characters in words of " + longest);
        }

        /** The published model's: vectors of 16, words of 50, 2,048 filters of 1 to 7 characters, two highway layers. */
        public static Characters published() {
            return new Characters(16, 50, List.of(new Filters(1, 32), new Filters(2, 32), new Filters(3, 64), new Filters(4, 128),
                    new Filters(5, 256), new Filters(6, 512), new Filters(7, 1024)), 2);
        }
    }

    public ElmoConfig {
        if (width < 1 || units < 1 || layers < 1) throw new IllegalArgumentException(
                "ElmoConfig: width " + width + ", units " + units + ", layers " + layers + "; each is at least 1");
        if (!(dropout >= 0 && dropout < 1)) throw new IllegalArgumentException("ElmoConfig: dropout is " + dropout + "; it lies in [0, 1)");
        CausalLanguageModel.check("ElmoConfig", vocabulary, startMark, endMark);
        if (startMark < 0 || endMark < 0 || startMark == endMark) throw new IllegalArgumentException("ElmoConfig: marks " + startMark
                + " and " + endMark + "; both are there and differ, as one direction begins where the other ends");
    }

    /** Two layers, a vector a word, no dropout; start mark 0, end mark 1. */
    public ElmoConfig(int vocabulary, int width, int units) { this(vocabulary, width, units, 2, 0, null, 0, 1); }

    /** The published model: two layers of 4,096 units projected to 512, characters as published. */
    public static ElmoConfig published(int vocabulary) {
        return new ElmoConfig(vocabulary, 512, 4096).withDropout(0.1).withCharacters(Characters.published());
    }
}
