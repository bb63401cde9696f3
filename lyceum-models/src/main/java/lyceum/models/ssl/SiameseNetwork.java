package lyceum.models.ssl;

import java.util.Arrays;
import java.util.Objects;
import lyceum.data.Dataset;
import lyceum.linalg.Similarity;
import lyceum.models.vision.VisionBackbone;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.ContrastiveLoss;
import lyceum.nn.loss.Reduction;
import lyceum.nn.loss.TripletLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * One encoder looks at two things, and the distance of what it sees says whether they belong together: {@code D = d(f(x1), f(x2))} with shared weights, whose
 * gradient is the sum of both branches'. Who was unknown in training can be {@linkplain Gallery enrolled} later.
 *
 * {@snippet :
 * var siamese = new SiameseNetwork(new Linear(64, 8, rng), new SiameseConfig());
 * var trainer = new Trainer(new Adam(1e-3), 5).withBatchSize(64);
 * trainer.start(siamese, train.size(), siamese.pairs(train, new ContrastiveLoss()), null, rng).finish(Progress.SILENT);
 * var check = siamese.verification(validation, 5_000, rng);
 * double threshold = check.equalError().threshold();
 * }
 *
 * <p>The encoder takes (n, ..) to (n, d). State names are the encoder's, behind {@code encoder.}
 *
 * @see <a href="https://proceedings.neurips.cc/paper/1993/hash/288cc0ff022877bd3df94bc9360b9c5d-Abstract.html">Bromley, Guyon, LeCun, Saeckinger and Shah
 * (1993)</a>
 * @see ContrastiveLoss
 * @see TripletLoss
 */
public final class SiameseNetwork extends Module {
    /**
     * All that a file says of one for pictures.
     *
     * @param encoder of pictures, without a head
     * @param config of the rest
     */
    public record Plan(VisionBackbone encoder, SiameseConfig config) {
        public Plan {
            Objects.requireNonNull(encoder, "encoder");
            Objects.requireNonNull(config, "config");
        }

        public SiameseNetwork build(Rng rng) { return new SiameseNetwork(encoder.build(rng).module(), config); }
    }

    private final Module encoder;
    private final SiameseConfig config;

    public SiameseNetwork(Module encoder, SiameseConfig config) {
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.config = Objects.requireNonNull(config, "config");
    }

    public Module encoder() { return encoder; }

    public SiameseConfig config() { return config; }

    /** Embeddings (n, d) of items (n, ..). */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var embeddings = encoder.forward(x, pass);
        return config.normalised() ? Similarity.normalise(embeddings) : embeddings;
    }

    /** Distances (n) of items (n, ..) and (n, ..), by two passes of the one encoder. */
    public Tensor distance(Tensor first, Tensor second, Pass pass) {
        return config.distance().between(forward(first, pass), forward(second, pass));
    }

    /**
     * A loss of pairs: each row of a batch is met by another of its class or by one of another, as likely, drawn anew from the pass; a pass without random
     * numbers, such as a validation's, has the same ones every time.
     *
     * @param loss its distance is replaced by this network's
     */
    public BatchLoss pairs(Dataset data, ContrastiveLoss loss) {
        var members = ClassMembers.of("SiameseNetwork.pairs", data);
        var of = loss.withDistance(config.distance());
        return (rows, pass) -> {
            var rng = pass.rng() == null ? Rng.of(0) : pass.rng().split(1);
            var others = new int[rows.length];
            var same = new boolean[rows.length];
            for (int i = 0; i < rows.length; i++) {
                same[i] = rng.nextBoolean();
                others[i] = same[i] ? members.partner(rows[i], rng) : members.stranger(rows[i], rng);
            }
            return of.of(forward(data.x().rows(rows), pass), forward(data.x().rows(others), pass), Tensor.of(same));
        };
    }

    /**
     * A loss of all pairs among the rows of a batch, each row embedded once: matching pairs and mismatches weigh alike, however many there are of each.
     *
     * @param loss its distance is replaced by this network's, its reduction by the mean
     */
    public BatchLoss allPairs(Dataset data, ContrastiveLoss loss) {
        var labels = ClassMembers.of("SiameseNetwork.allPairs", data).labels();
        var of = loss.withDistance(config.distance()).withReduction(Reduction.MEAN);
        return (rows, pass) -> {
            var all = forward(data.x().rows(rows), pass);
            var sum = all.narrow(0, 0, 0).sum();
            for (boolean same : new boolean[] {true, false}) {
                int[] first = new int[rows.length * (rows.length - 1) / 2], second = new int[first.length];
                int n = 0;
                for (int i = 0; i < rows.length; i++) for (int j = 0; j < i; j++) if (labels[rows[i]] == labels[rows[j]] == same) {
                    first[n] = i;
                    second[n++] = j;
                }
                if (n > 0) sum = sum.add(of
                        .of(all.rows(Arrays.copyOf(first, n)), all.rows(Arrays.copyOf(second, n)), Tensor.of(new long[n]).eq(same ? 0 : 1))
                        .mul(0.5));
            }
            return sum;
        };
    }

    /**
     * A loss of the triplets that its miner finds among the rows of a batch, which is to have some of each of a few classes.
     *
     * @param loss its distance is replaced by this network's
     */
    public BatchLoss triplets(Dataset data, TripletLoss loss) {
        var of = loss.withDistance(config.distance());
        return (rows, pass) -> of.of(forward(data.x().rows(rows), pass), data.y().rows(rows));
    }

    /** Embeddings of items, so many at a time, frozen. */
    public Tensor embed(Tensor items, int batch) { return InBatches.of(items, batch, this::forward); }

    /**
     * How well pairs of these data are told apart: so many of one class, and as many of two, drawn at random.
     *
     * @param pairs of each kind
     */
    public Verification verification(Dataset data, int pairs, Rng rng) {
        if (pairs < 1) throw new IllegalArgumentException("verification: " + pairs + " pairs of each kind; at least 1");
        var members = ClassMembers.of("SiameseNetwork.verification", data);
        int[][] drawn = new int[3][pairs];
        int[] can = members.classesOf(2);
        if (can.length == 0) throw new IllegalArgumentException("verification: no class has two rows; a genuine pair takes two");
        for (int i = 0; i < pairs; i++) {
            do drawn[0][i] = rng.nextInt(data.size()); while (members.rows()[members.labels()[drawn[0][i]]].length < 2);
            drawn[1][i] = members.partner(drawn[0][i], rng);
            drawn[2][i] = members.stranger(drawn[0][i], rng);
        }
        var all = embed(data.x(), 256);
        var from = all.rows(drawn[0]);
        return new Verification(config.distance().between(from, all.rows(drawn[1])).toDoubleArray(),
                config.distance().between(from, all.rows(drawn[2])).toDoubleArray());
    }
}
