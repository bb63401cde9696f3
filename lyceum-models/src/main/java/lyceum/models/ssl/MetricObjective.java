package lyceum.models.ssl;

import java.util.Objects;
import lyceum.nn.loss.InfoNce;
import lyceum.nn.loss.ProxyLoss;
import lyceum.nn.loss.TripletLoss;
import lyceum.withers.Withers;

/** Against what a {@link MetricLearner} holds the items of a batch. All embeddings have length 1. */
public sealed interface MetricObjective {
    /**
     * A learned vector for each class: batch x classes comparisons, whatever the number of items.
     *
     * @param loss ArcFace, CosFace, Proxy-NCA, Proxy-Anchor
     * @param classes proxies, at least 2
     * @param sampled share of the classes, in (0, 1], that a batch is held against: its own, and random others up to that share (An et al. 2021, Partial FC)
     */
    @Withers
    record Proxies(ProxyLoss loss, int classes, double sampled) implements MetricObjective, MetricObjectiveProxiesWithers {
        public Proxies {
            Objects.requireNonNull(loss, "loss");
            if (classes < 2 || !(sampled > 0 && sampled <= 1)) throw new IllegalArgumentException(
                    "MetricObjective.Proxies: " + classes + " classes, sampled " + sampled + "; at least 2, and in (0, 1]");
        }

        /** All classes. */
        public Proxies(ProxyLoss loss, int classes) { this(loss, classes, 1); }
    }

    /** Each row with another of its class against those of all other rows; rows of its class are no negatives. */
    record InBatch(InfoNce loss) implements MetricObjective {
        public InBatch { Objects.requireNonNull(loss, "loss"); }
    }

    /** The triplets that the loss mines among the rows of a batch, which is to have some of each of a few classes. */
    record BatchTriplets(TripletLoss loss) implements MetricObjective {
        public BatchTriplets { Objects.requireNonNull(loss, "loss"); }
    }

    /**
     * As {@link InBatch}, with the last embeddings of earlier batches for negatives as well.
     *
     * @param capacity embeddings that are remembered, at least 1
     * @see lyceum.nn.loss.CrossBatchMemory
     */
    record Memory(InfoNce loss, int capacity) implements MetricObjective {
        public Memory {
            Objects.requireNonNull(loss, "loss");
            if (capacity < 1) throw new IllegalArgumentException("MetricObjective.Memory: capacity is " + capacity + "; it is at least 1");
        }
    }

    /** Each row with another of its class and any row of another: what scale makes useless. */
    record RandomNegatives(TripletLoss loss) implements MetricObjective {
        public RandomNegatives { Objects.requireNonNull(loss, "loss"); }
    }

    /**
     * Each row with another of its class and one of the nearest of another class, found in an index over all items that is built anew every so often.
     *
     * @param search exact or approximate
     * @param refresh steps between two indexes, at least 1
     * @param neighbours nearest items that are looked at, at least 1: the negative is any of those that are of another class
     * @param limit cosine in (-1, 1] above which an item of another class is taken for an unlabelled positive and passed over
     */
    @Withers
    record MinedNegatives(TripletLoss loss, EmbeddingSearch search, int refresh, int neighbours, double limit)
            implements MetricObjective, MetricObjectiveMinedNegativesWithers {
        public MinedNegatives {
            Objects.requireNonNull(loss, "loss");
            Objects.requireNonNull(search, "search");
            if (refresh < 1 || neighbours < 1 || !(limit > -1 && limit <= 1))
                throw new IllegalArgumentException("MetricObjective.MinedNegatives: refresh " + refresh + ", " + neighbours
                        + " neighbours, limit " + limit + "; at least 1, at least 1, and in (-1, 1]");
        }

        /** An index every 50 steps, of whose 20 nearest any of another class, and of cosine 0.99 at most, is a negative. */
        public MinedNegatives(TripletLoss loss, EmbeddingSearch search) { this(loss, search, 50, 20, 0.99); }
    }
}
