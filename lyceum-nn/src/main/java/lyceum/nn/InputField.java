package lyceum.nn;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * One named input of a network: what a record holds under that name, and how an {@link InputLayer} turns it into numbers.
 *
 * {@snippet :
 * var fields = List.of(InputField.numeric("age").withLow(0).withHigh(130), InputField.numeric("income").withIndicated(true),
 *         InputField.category("city").withUnknown(true), InputField.category("shop").withWidth(8), InputField.image("photo", 3, 64, 64));
 * }
 */
public sealed interface InputField {
    /** Under which it stands in the record, in messages and in the output. */
    String name();

    /** A number, standardised; any finite one, none missing. */
    static Numeric numeric(String name) {
        return new Numeric(name, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, Scaling.STANDARD);
    }

    /** A category, one-hot, of the values that the training data have. */
    static Category category(String name) { return new Category(name, List.of(), false, 0); }

    /** Token ids (n, length) below a vocabulary's size, without padding, handed on as they are. */
    static Tokens tokens(String name, int vocabulary, int length) { return new Tokens(name, vocabulary, length, -1, -1, 0); }

    /** An image (n, channels, height, width) of bytes, standardised by channel. */
    static Image image(String name, int channels, int height, int width) {
        return new Image(name, channels, height, width, false, false, DType.U8);
    }

    /** A series (n, any length, features), standardised by feature. */
    static Sequence sequence(String name, int features) { return new Sequence(name, features, Scaling.STANDARD); }

    /** What is done to numbers, by constants of the training data. */
    enum Scaling {
        /** Nothing. */
        NONE,
        /** {@code (x - mean) / deviation}, the deviation being that of the population; 1 where it is 0. */
        STANDARD,
        /** {@code (x - min) / (max - min)}: from 0 to 1 over the training data. */
        RANGE
    }

    private static String checked(String name) {
        if (Objects.requireNonNull(name, "name").isBlank()) throw new IllegalArgumentException("InputField: a name is blank");
        return name;
    }

    /**
     * A number.
     *
     * @param low least value that is accepted
     * @param high largest value that is accepted
     * @param indicated may be missing: the training median stands in, and a second column says 1
     * @param scaling after that
     */
    @Withers
    record Numeric(String name, double low, double high, boolean indicated, Scaling scaling)
            implements InputField, InputFieldNumericWithers {
        public Numeric {
            checked(name);
            if (!(low <= high))
                throw new IllegalArgumentException("InputField " + name + ": from " + low + " to " + high + "; low comes first");
            Objects.requireNonNull(scaling, "scaling");
        }
    }

    /**
     * One of several texts; truth values and whole numbers count by their text.
     *
     * @param values in the order of their columns; empty for those of the training data, sorted
     * @param unknown has a slot, the last, for what is missing or is none of the values
     * @param width 0 for one-hot, else that of a learned {@link Embedding}
     */
    @Withers
    record Category(String name, List<String> values, boolean unknown, int width) implements InputField, InputFieldCategoryWithers {
        public Category {
            checked(name);
            values = List.copyOf(values);
            if (values.stream().distinct().count() != values.size())
                throw new IllegalArgumentException("InputField " + name + ": values repeat in " + values);
            if (width < 0) throw new IllegalArgumentException("InputField " + name + ": width is " + width + "; it is at least 0");
        }

        /** How many slots: the values, and that of the unknown. */
        public int slots() { return values.size() + (unknown ? 1 : 0); }
    }

    /**
     * Token ids.
     *
     * @param vocabulary ids are below it
     * @param length of each text
     * @param padding the id that fills up; -1 for none
     * @param unknown the id that stands for those outside the vocabulary; -1 refuses them
     * @param width 0 for the ids themselves, else that of a learned {@link Embedding}
     */
    @Withers
    record Tokens(String name, int vocabulary, int length, int padding, int unknown, int width)
            implements InputField, InputFieldTokensWithers {
        public Tokens {
            checked(name);
            if (vocabulary < 1 || length < 1 || width < 0) throw new IllegalArgumentException("InputField " + name + ": vocabulary "
                    + vocabulary + ", length " + length + ", width " + width + "; the first two are positive, width at least 0");
            if (padding < -1 || padding >= vocabulary || unknown < -1 || unknown >= vocabulary)
                throw new IllegalArgumentException("InputField " + name + ": padding " + padding + " and unknown " + unknown
                        + "; they are ids below " + vocabulary + ", or -1");
        }
    }

    /**
     * An image, which leaves as (n, channels, height, width).
     *
     * @param channelsLast comes as (n, height, width, channels)
     * @param reversed the channels come in the other order: BGR for RGB
     * @param dtype in which it comes: U8, or a float
     */
    @Withers
    record Image(String name, int channels, int height, int width, boolean channelsLast, boolean reversed, DType dtype)
            implements InputField, InputFieldImageWithers {
        public Image {
            checked(name);
            if (channels < 1 || height < 1 || width < 1) throw new IllegalArgumentException(
                    "InputField " + name + ": an image of " + channels + " channels, " + height + " x " + width + "; all are positive");
            if (dtype != DType.U8 && !dtype.isFloat())
                throw new IllegalArgumentException("InputField " + name + ": an image of " + dtype + "; it is U8 or a float");
        }
    }

    /**
     * A series.
     *
     * @param features at each time
     * @param scaling of each feature
     */
    @Withers
    record Sequence(String name, int features, Scaling scaling) implements InputField, InputFieldSequenceWithers {
        public Sequence {
            checked(name);
            if (features < 1) throw new IllegalArgumentException("InputField " + name + ": " + features + " features; at least 1");
            Objects.requireNonNull(scaling, "scaling");
        }
    }
}
