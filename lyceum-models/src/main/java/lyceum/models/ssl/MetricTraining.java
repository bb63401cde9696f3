package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.models.ssl.MetricObjective.BatchTriplets;
import lyceum.models.ssl.MetricObjective.InBatch;
import lyceum.models.ssl.MetricObjective.Memory;
import lyceum.models.ssl.MetricObjective.MinedNegatives;
import lyceum.models.ssl.MetricObjective.Proxies;
import lyceum.models.ssl.MetricObjective.RandomNegatives;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossBatchMemory;
import lyceum.nn.loss.TripletLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * What a {@link MetricLearner} minimises, with what lives longer than a batch: the memory, the index, and the count of distances. Random draws come from the pass.
 * Not safe for threads; a run that is {@linkplain lyceum.train.TrainingRun#resume resumed} begins with an empty memory and a new index.
 */
public final class MetricTraining implements BatchLoss {
    private static final int EMBEDDED_AT_ONCE = 256;

    private final MetricLearner learner;
    private final Dataset data;
    private final ClassMembers members;
    private final CrossBatchMemory memory;
    private Tensor known;
    private EmbeddingSearch.Index index;
    private long distances, steps, refreshes, guarded, unmined;

    MetricTraining(MetricLearner learner, Dataset data) {
        this.learner = learner;
        this.data = data;
        members = ClassMembers.of("MetricLearner", data);
        if (learner.objective() instanceof Proxies p && members.rows().length > p.classes()) throw new IllegalArgumentException(
                "MetricLearner: the data have " + members.rows().length + " classes, the objective " + p.classes() + " proxies");
        memory = learner.objective() instanceof Memory m ? new CrossBatchMemory(m.capacity(), learner.width()) : null;
    }

    /** Distances or cosines computed so far, those of the search included. */
    public long distances() { return distances; }

    /** Batches so far. */
    public long steps() { return steps; }

    /** Indexes built. */
    public long refreshes() { return refreshes; }

    /** Neighbours of other classes that the guard took for unlabelled positives. */
    public long guarded() { return guarded; }

    /** Rows none of whose neighbours was a negative, so that a random one had to do. */
    public long unmined() { return unmined; }

    /** The memory of {@link Memory}; null under other objectives. */
    public CrossBatchMemory memory() { return memory; }

    @Override public Tensor of(int[] rows, Pass pass) {
        var rng = pass.rng() == null ? Rng.of(steps) : pass.rng().split(1);
        var loss = switch (learner.objective()) {
            case Proxies o -> ofProxies(o, rows, pass, rng);
            case InBatch o -> {
                Tensor x = embedded(rows, pass), partners = embedded(partners(rows, rng), pass), labels = labels(rows);
                distances += (long) rows.length * rows.length;
                yield o.loss().inBatch(x, partners, labels.unsqueeze(1).eq(labels)).loss();
            }
            case BatchTriplets o -> {
                distances += (long) rows.length * rows.length;
                yield o.loss().of(embedded(rows, pass), labels(rows));
            }
            case Memory o -> ofMemory(o, rows, pass, rng);
            case RandomNegatives o -> {
                var strangers = new int[rows.length];
                for (int i = 0; i < rows.length; i++) strangers[i] = members.stranger(rows[i], rng);
                yield ofTriplets(o.loss(), rows, strangers, pass, rng);
            }
            case MinedNegatives o -> ofTriplets(o.loss(), rows, mined(o, rows, rng), pass, rng);
        };
        steps++;
        return loss;
    }

    private Tensor embedded(int[] rows, Pass pass) { return learner.forward(data.x().rows(rows), pass); }

    private Tensor labels(int[] rows) { return data.y().rows(rows); }

    private int[] partners(int[] rows, Rng rng) {
        var partners = new int[rows.length];
        for (int i = 0; i < rows.length; i++) partners[i] = members.partner(rows[i], rng);
        return partners;
    }

    private Tensor ofProxies(Proxies o, int[] rows, Pass pass, Rng rng) {
        int[] labels = new int[rows.length];
        for (int i = 0; i < rows.length; i++) labels[i] = members.labels()[rows[i]];
        var proxies = learner.proxies();
        if (o.sampled() < 1) {
            int[] kept = sampled(o, labels, rng);
            for (int i = 0; i < labels.length; i++) labels[i] = Arrays.binarySearch(kept, labels[i]);
            proxies = proxies.rows(kept);
        }
        distances += rows.length * proxies.size(0);
        return o.loss().of(embedded(rows, pass), proxies, Tensor.of(labels));
    }

    /** The classes of the batch, and random others up to the share; ascending. */
    private static int[] sampled(Proxies o, int[] labels, Rng rng) {
        int[] own = Arrays.stream(labels).sorted().distinct().toArray();
        int wanted = Math.clamp((int) Math.ceil(o.sampled() * o.classes()), Math.min(o.classes(), own.length + 1), o.classes());
        int[] kept = Arrays.copyOf(own, wanted), others = rng.sample(o.classes() - own.length, wanted - own.length);
        for (int i = 0; i < others.length; i++) {
            int c = others[i]; // the c-th class that is not of the batch
            for (int mine : own) if (mine <= c) c++;
            kept[own.length + i] = c;
        }
        Arrays.sort(kept);
        return kept;
    }

    private Tensor ofMemory(Memory o, int[] rows, Pass pass, Rng rng) {
        int[] others = partners(rows, rng);
        Tensor x = embedded(rows, pass), partners = embedded(others, pass), labels = labels(rows), negatives = partners, of = labels;
        if (memory.size() > 0) {
            negatives = Tensor.concat(0, partners, memory.embeddings().to(partners.dtype()));
            of = Tensor.concat(0, labels, memory.labels().to(labels.dtype()));
        }
        distances += rows.length * (1 + negatives.size(0));
        var loss = o.loss().against(x, partners, negatives, labels.unsqueeze(1).eq(of)).loss();
        memory.push(x, labels);
        memory.push(partners, labels);
        return loss;
    }

    private Tensor ofTriplets(TripletLoss loss, int[] rows, int[] strangers, Pass pass, Rng rng) {
        int n = rows.length;
        var all = Arrays.copyOf(rows, 3 * n);
        System.arraycopy(partners(rows, rng), 0, all, n, n);
        System.arraycopy(strangers, 0, all, 2 * n, n);
        var x = embedded(all, pass);
        distances += 2L * n;
        return loss.of(x.narrow(0, 0, n), x.narrow(0, n, n), x.narrow(0, 2 * n, n));
    }

    private int[] mined(MinedNegatives o, int[] rows, Rng rng) {
        if (steps % o.refresh() == 0) {
            try (var kept = Scope.outside()) {
                known = learner.embed(data.x(), EMBEDDED_AT_ONCE);
                index = o.search().over(known);
            }
            refreshes++;
        }
        var found = index.nearest(known.rows(rows), o.neighbours());
        distances += found.compared();
        var strangers = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            int eligible = 0, label = members.labels()[rows[i]];
            for (int j = 0; j < found.rows()[i].length; j++) {
                int row = found.rows()[i][j];
                if (members.labels()[row] == label) continue;
                double apart = found.distances()[i][j], cosine = 1 - apart * apart / 2; // of unit vectors
                if (cosine > o.limit()) guarded++;
                else if (rng.nextInt(++eligible) == 0) strangers[i] = row; // any of them, each as likely
            }
            if (eligible > 0) continue;
            strangers[i] = members.stranger(rows[i], rng);
            unmined++;
        }
        return strangers;
    }
}
