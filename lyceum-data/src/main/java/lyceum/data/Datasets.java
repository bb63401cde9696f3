package lyceum.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.random.Rng;

/**
 * Datasets that come with the library, and generators of toy ones.
 *
 * <p>Measured data are read again at every call (milliseconds); sources and licences are in {@code lyceum/data/PROVENANCE.md} of the jar.
 * Generators take an {@link Rng}: the same seed gives the same bits.
 */
public final class Datasets {
    /** Where Debian's package {@code dataset-fashion-mnist} puts its files. */
    static final Path FASHION_MNIST = Path.of("/usr/share/datasets/fashion-mnist");

    private Datasets() {}

    /** Fisher's irises: 150 rows, 4 lengths and widths in cm, 3 species of 50 rows each, sorted by species. */
    public static Dataset iris() {
        return BundledData.classes("iris.csv.gz", "Fisher's iris flowers (1936)", "setosa", "versicolor", "virginica");
    }

    /** Wines of three growers: 178 rows, 13 chemical measurements, 3 cultivars, sorted by cultivar. */
    public static Dataset wine() {
        return BundledData.classes("wine.csv.gz", "Chemical analysis of Italian wines (Forina 1991)", "class_0", "class_1", "class_2");
    }

    /** Breast cancer Wisconsin (diagnostic): 569 rows, 30 measurements of cell nuclei; 0 is malignant and 1 benign, as in scikit-learn. */
    public static Dataset breastCancer() {
        return BundledData.classes("breast-cancer.csv.gz", "Breast cancer Wisconsin, diagnostic (Wolberg and others 1993)", "malignant",
                "benign");
    }

    /** Handwritten digits: 1,797 rows, 64 pixels of an 8 x 8 picture with values 0 to 16, 10 classes. */
    public static Dataset digits() {
        var xy = BundledData.bytes("digits.u8.gz", 64);
        var names = IntStream.range(0, 64).mapToObj(i -> "pixel_" + i / 8 + "_" + i % 8).toList();
        var classes = IntStream.range(0, 10).mapToObj(String::valueOf).toList();
        return new Dataset(xy[0], xy[1], names, classes, "Optical recognition of handwritten digits (Alpaydin and Kaynak 1998)");
    }

    /**
     * Progress of diabetes after a year: 442 rows, 10 features that are centred and scaled so that the squares of each sum to 1, bit for bit as
     * scikit-learn's {@code load_diabetes()}. The target is a score from 25 to 346.
     */
    public static Dataset diabetes() {
        var raw = diabetesRaw();
        return raw.withX(BundledData.doubles("diabetes-scaled.f64.gz", raw.size(), raw.features()));
    }

    /** As {@link #diabetes} with the features as measured: years, sex 1 or 2, kg/m^2, mmHg, and six blood values. */
    public static Dataset diabetesRaw() {
        return BundledData.targets("diabetes.csv.gz", "Progression of diabetes (Efron and others 2004)");
    }

    /**
     * Quinlan's Saturday mornings (1986): 14 rows, 4 features as codes, class 1 where tennis is played (9 rows). Codes: outlook 0 sunny, 1 overcast,
     * 2 rain; temperature 0 hot, 1 mild, 2 cool; humidity 0 high, 1 normal; wind 0 weak, 1 strong.
     */
    public static Dataset tennis() {
        return BundledData.classes("tennis.csv.gz", "Saturday mornings suitable for tennis (Quinlan 1986)", "no", "yes");
    }

    /**
     * Employment in the United States from 1947 to 1962 (Longley 1967), in thousands of persons: 16 rows, 6 features (price deflator, gross national
     * product, unemployed, armed forces, population, year). They rise together, so this is the classic test of least squares.
     */
    public static Dataset longley() { return BundledData.targets("longley.csv.gz", "Employment in the United States (Longley 1967)"); }

    /**
     * Mails of the SpamAssassin corpus as word counts: 6,046 rows, 4,000 words, class 1 is spam (1,896 rows). Rows are sorted by their source:
     * shuffle before you split, or split by group.
     */
    public static SparseCounts spamAssassin() {
        return BundledData.counts("spam-assassin.csr.gz", "spam-assassin-vocabulary.txt.gz", List.of("ham", "spam"),
                List.of("easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"));
    }

    /**
     * The 500 texts of the Brown Corpus (1961, each of about 2,000 words) as counts of 2,000 words that stand in 5 to 150 of them: no function
     * words. Classes are the 15 genres.
     */
    public static SparseCounts brownWords() {
        return BundledData
                .counts("brown.csr.gz", "brown-vocabulary.txt.gz",
                        List.of("reportage", "editorial", "reviews", "religion", "hobbies", "lore", "belles-lettres", "government",
                                "learned", "fiction", "mystery", "science-fiction", "adventure", "romance", "humor"),
                        List.of("Brown Corpus"));
    }

    /** A dataset that its authors divided. */
    public record TrainAndTest(Dataset train, Dataset test) {}

    /** Whether {@link #fashionMnist()} finds its files. */
    public static boolean hasFashionMnist() { return Files.isReadable(FASHION_MNIST.resolve("train-images-idx3-ubyte.gz")); }

    /**
     * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) from Debian's package {@code dataset-fashion-mnist}: 60,000 and 10,000 grey pictures of
     * shape (28, 28), U8 values 0 to 255, 10 kinds of clothes. {@code dataset.flat().to(DType.F32)} makes rows of it.
     *
     * @throws LyceumException where the package is not installed, with the line that installs it
     */
    public static TrainAndTest fashionMnist() { return fashionMnist(FASHION_MNIST); }

    /** As {@link #fashionMnist()} from a folder with the four {@code ...-ubyte.gz} files. */
    public static TrainAndTest fashionMnist(Path folder) { return new TrainAndTest(fashion(folder, "train"), fashion(folder, "t10k")); }

    private static Dataset fashion(Path folder, String part) {
        var images = folder.resolve(part + "-images-idx3-ubyte.gz");
        if (!Files.isReadable(images)) throw new LyceumException(
                "Fashion-MNIST is not installed (no " + images + "); on Debian: apt-get install dataset-fashion-mnist");
        try {
            var y = Idx.read(folder.resolve(part + "-labels-idx1-ubyte.gz")).to(DType.I64);
            return new Dataset(Idx.read(images), y, List.of(),
                    List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
                    "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017)");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read Fashion-MNIST in " + folder, e);
        }
    }

    /** {@code k} normal blobs in {@code p} dimensions, of equal size within one row; centres uniform in [-10, 10]^p. */
    public static Dataset blobs(Rng rng, int n, int k, int p, double std) {
        return blobs(rng, n, SyntheticData.centres(rng, k, p, 10), std);
    }

    /** Normal blobs around given centres, of equal size within one row. */
    public static Dataset blobs(Rng rng, int n, double[][] centres, double std) { return SyntheticData.blobs(rng, n, centres, std); }

    /** Two interleaved half circles in the plane with normal noise; no line separates them. */
    public static Dataset moons(Rng rng, int n, double noise) { return SyntheticData.moons(rng, n, noise); }

    /** Two circles about the origin, radius 1 (class 0) and {@code factor} (class 1), with normal noise. */
    public static Dataset circles(Rng rng, int n, double factor, double noise) { return SyntheticData.circles(rng, n, factor, noise); }

    /** Two spirals about the origin, each of {@code turns} turns, with normal noise. */
    public static Dataset spirals(Rng rng, int n, double turns, double noise) { return SyntheticData.spirals(rng, n, turns, noise); }

    /**
     * A sheet rolled up in three dimensions, {@code (t cos t, h, t sin t)} with t uniform in [1.5 pi, 4.5 pi) and the height h in [0, 21), plus normal noise;
     * the target is t. Unrolled it is a rectangle of width {@code (t sqrt(1 + t^2) + asinh t) / 2} by h.
     */
    public static Dataset swissRoll(Rng rng, int n, double noise) { return SyntheticData.swissRoll(rng, n, noise); }

    /** Standard normal inputs (n, p) and a target that is linear in {@code informative} of them, coefficients uniform in (0, 100]. */
    public static Dataset regression(Rng rng, int n, int p, int informative, double noise) {
        return linear(rng, n, SyntheticData.coefficients(rng, p, informative), 0, noise);
    }

    /** Standard normal inputs and the target {@code x . coefficients + intercept + noise * N(0, 1)}: a truth that a fit should find. */
    public static Dataset linear(Rng rng, int n, double[] coefficients, double intercept, double noise) {
        return SyntheticData.linear(rng, n, coefficients, intercept, noise);
    }

    /** Friedman's first function (1991) of uniform inputs: {@code 10 sin(pi a b) + 20 (c - 1/2)^2 + 10 d + 5 e}; the other p - 5 are noise. */
    public static Dataset friedman1(Rng rng, int n, int p, double noise) { return SyntheticData.friedman1(rng, n, p, noise); }

    /**
     * A classification in the manner of Guyon's "Madelon" (2003): one normal cluster of random shape a class, at distinct corners of a cube with sides
     * {@code 2 * separation} in the informative features; redundant features are linear mixtures of those, the rest is noise; columns are shuffled.
     *
     * @param flip share of rows whose label is drawn at random
     */
    public static Dataset classification(Rng rng, int n, int p, int informative, int redundant, int classes, double separation,
            double flip) {
        return SyntheticData.classification(rng, n, p, informative, redundant, classes, separation, flip);
    }
}
