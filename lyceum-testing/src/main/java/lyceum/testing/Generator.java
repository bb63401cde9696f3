package lyceum.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Draws values of a kind from {@link Choices}. All choices 0 give the simplest value, to which a failing case shrinks: the
 * number nearest to 0, the shortest list, the first option.
 *
 * @param <T> what it draws
 */
@FunctionalInterface
public interface Generator<T> {

    /** Draws one value. */
    T draw(Choices choices);

    /** Whole numbers from {@code min} to {@code max}, inclusive; shrinks to the one nearest to 0. */
    static Generator<Integer> ints(int min, int max) { return longs(min, max).map(Long::intValue); }

    /** As {@link #ints}, in 64 bits; {@code max - min} must fit in 63 bits. */
    static Generator<Long> longs(long min, long max) {
        if (min > max) throw new IllegalArgumentException("min " + min + " is above max " + max);
        long origin = Math.clamp(0, min, max);
        long up = Math.subtractExact(max, origin);
        long down = Math.subtractExact(origin, min);
        return choices -> {
            if (down > 0 && (up == 0 || choices.next(1) == 1)) return origin - choices.next(down);
            return origin + choices.next(up);
        };
    }

    /** Finite doubles from {@code min} to {@code max}; one in eight is an end or the value nearest to 0, one in four is whole. */
    static Generator<Double> doubles(double min, double max) {
        if (!(min <= max) || Double.isInfinite(max - min)) {
            throw new IllegalArgumentException(
                    "doubles from " + min + " to " + max + ": the ends are ordered and their difference is finite");
        }
        double origin = Math.clamp(0.0, min, max);
        return choices -> {
            long kind = choices.next(7);
            if (kind == 0) {
                return switch ((int) choices.next(2)) {
                    case 1 -> min;
                    case 2 -> max;
                    default -> origin;
                };
            }
            double u = min + (max - min) * (choices.next((1L << 53) - 1) * 0x1p-53);
            return kind <= 2 ? Math.clamp(Math.rint(u), min, max) : u;
        };
    }

    /** True and false; shrinks to false. */
    static Generator<Boolean> booleans() { return choices -> choices.next(1) == 1; }

    /** One of {@code options}; shrinks to the first. */
    @SafeVarargs static <T> Generator<T> of(T... options) { return choices -> options[(int) choices.next(options.length - 1)]; }

    /** Texts of {@code minLength} to {@code maxLength} characters of {@code alphabet}. */
    static Generator<String> texts(String alphabet, int minLength, int maxLength) {
        return choices -> {
            int n = minLength + (int) choices.next(maxLength - minLength);
            var text = new StringBuilder();
            for (int i = 0; i < n; i++) {
                text.append(alphabet.charAt((int) choices.next(alphabet.length() - 1)));
            }
            return text.toString();
        };
    }

    /** Arrays of {@code minLength} to {@code maxLength} doubles of {@link #doubles}. */
    static Generator<double[]> arrays(int minLength, int maxLength, double min, double max) {
        return doubles(min, max).lists(minLength, maxLength).map(list -> list.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Lists of {@code minLength} to {@code maxLength} values of this generator. */
    default Generator<List<T>> lists(int minLength, int maxLength) {
        return choices -> {
            int n = minLength + (int) choices.next(maxLength - minLength);
            var list = new ArrayList<T>(n);
            for (int i = 0; i < n; i++) {
                list.add(draw(choices));
            }
            return list;
        };
    }

    /** This generator's values, changed. */
    default <R> Generator<R> map(Function<? super T, ? extends R> change) { return choices -> change.apply(draw(choices)); }

    /** Lets a drawn value decide what to draw next. */
    default <R> Generator<R> flatMap(Function<? super T, Generator<R>> next) { return choices -> next.apply(draw(choices)).draw(choices); }

    /**
     * Values that pass {@code wanted}.
     *
     * @throws IllegalStateException on drawing, when 100 draws in a row do not pass: generate what is wanted instead
     */
    default Generator<T> filter(Predicate<? super T> wanted) {
        return choices -> {
            for (int attempt = 0; attempt < 100; attempt++) {
                var value = draw(choices);
                if (wanted.test(value)) return value;
            }
            throw new IllegalStateException("filter: 100 draws in a row were unwanted; generate wanted values directly");
        };
    }
}
