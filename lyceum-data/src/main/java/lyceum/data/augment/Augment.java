package lyceum.data.augment;

import java.util.List;
import lyceum.random.Rng;

/**
 * A random change that leaves a sample's label alone. Never writes to its argument.
 *
 * {@snippet :
 * var augment = ImageAugment.shift(3).then(Augment.sometimes(0.5, ImageAugment.flip()));
 * Raster changed = augment.apply(picture, rng.split(epoch).split(row));
 * }
 *
 * @param <T> what a sample is
 */
@FunctionalInterface
public interface Augment<T> {
    /** The sample changed, or itself. All randomness comes from {@code rng}, which belongs to this sample alone. */
    T apply(T sample, Rng rng);

    /** This, then another. */
    default Augment<T> then(Augment<T> next) { return (sample, rng) -> next.apply(apply(sample, rng), rng); }

    /** Nothing. */
    static <T> Augment<T> none() { return (sample, rng) -> sample; }

    /** With probability p. */
    static <T> Augment<T> sometimes(double p, Augment<T> change) {
        check("sometimes", "p", p, 0, 1);
        return (sample, rng) -> rng.nextDouble() < p ? change.apply(sample, rng) : sample;
    }

    /** One of them, all equally likely. */
    @SafeVarargs static <T> Augment<T> oneOf(Augment<T>... changes) {
        var all = List.of(changes);
        if (all.isEmpty()) throw new IllegalArgumentException("Augment.oneOf: nothing to choose from");
        return (sample, rng) -> all.get(rng.nextInt(all.size())).apply(sample, rng);
    }

    /** All of them in this order. */
    @SafeVarargs static <T> Augment<T> all(Augment<T>... changes) {
        Augment<T> chain = none();
        for (var change : changes) chain = chain.then(change);
        return chain;
    }

    /** @throws IllegalArgumentException unless {@code value} lies between the two */
    static void check(String operation, String name, double value, double low, double high) {
        if (!(value >= low && value <= high)) throw new IllegalArgumentException(
                "Augment." + operation + ": " + name + " is " + value + "; it lies between " + low + " and " + high);
    }
}
