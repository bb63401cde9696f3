package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learns a {@link TokenProjection} for late interaction on top of an encoder that stays as it is. A query's candidates are its own document, those of the others
 * in the batch and all hard negatives; the loss is cross-entropy over their MaxSim scores divided by {@code temperature}, and, where an example has scores of
 * a teacher, {@code distillation} times the Kullback-Leibler divergence of the example's own candidates from the teacher's softmax.
 *
 * @param dimensions that are kept of a token
 * @param steps of Adam, each with {@code batch} examples drawn without replacement
 * @param temperature of the scores, above 0
 * @param distillation weight of the teacher, at least 0
 * @see <a href="https://arxiv.org/abs/2112.01488">Santhanam, Khattab et al. (2022): negatives and distillation</a>
 */
@Withers
public record ColBertTraining(int dimensions, int steps, int batch, double learningRate, double temperature, double distillation, long seed)
        implements ColBertTrainingWithers {
    /**
     * Vectors of the tokens of a query, of a document that answers it, and of such as do not.
     *
     * @param teacher scores of the positive and then of each negative; empty for none
     */
    public record Example(float[][] query, float[][] positive, List<float[][]> negatives, double[] teacher) {
        public Example {
            negatives = List.copyOf(negatives);
            if (query.length == 0 || positive.length == 0 || negatives.stream().anyMatch(n -> n.length == 0))
                throw new IllegalArgumentException("ColBertTraining: a text of an example has no token");
            if (teacher.length != 0 && teacher.length != 1 + negatives.size()) throw new IllegalArgumentException(
                    "ColBertTraining: " + teacher.length + " scores of a teacher for " + (1 + negatives.size()) + " candidates");
        }

        public Example(float[][] query, float[][] positive) { this(query, positive, List.of(), new double[0]); }
    }

    public ColBertTraining {
        if (dimensions < 1 || steps < 1 || batch < 1) throw new IllegalArgumentException(
                "ColBertTraining: dimensions " + dimensions + ", steps " + steps + ", batch " + batch + "; each is at least 1");
        if (!(learningRate > 0) || !(temperature > 0) || !(distillation >= 0))
            throw new IllegalArgumentException("ColBertTraining: learningRate " + learningRate + " and temperature " + temperature
                    + " are above 0, distillation " + distillation + " at least 0");
    }

    /** 200 steps of 16, at 3e-3, temperature 0.5, distillation 1, seed 0. */
    public ColBertTraining(int dimensions) { this(dimensions, 200, 16, 3e-3, 0.5, 1, 0); }

    public TokenProjection fit(List<Example> examples) { return fit(examples, Progress.SILENT); }

    public TokenProjection fit(List<Example> examples, Progress progress) {
        if (examples.isEmpty()) throw new IllegalArgumentException("ColBertTraining.fit: no examples");
        var rng = Rng.of(seed);
        int in = examples.getFirst().query[0].length;
        var weight = Tensor.randn(rng.split(0), in, dimensions).div(Math.sqrt(dimensions)).detach().requiresGrad();
        var optimizer = new Adam(learningRate).over(List.of(weight));
        var order = new ArrayList<Example>();
        for (int step = 0; step < steps; step++) {
            if (order.size() < Math.min(batch, examples.size())) {
                order.clear();
                order.addAll(examples);
                for (int i = order.size() - 1; i > 0; i--) {
                    int j = rng.nextInt(i + 1);
                    order.set(j, order.set(i, order.get(j)));
                }
            }
            var now = order.subList(Math.max(0, order.size() - batch), order.size());
            optimizer.zeroGrad();
            var loss = loss(new TokenProjection(weight), List.copyOf(now));
            now.clear();
            loss.backward();
            optimizer.step();
            progress.step("step", step + 1, steps, "loss", loss.item());
        }
        return new TokenProjection(weight.detach());
    }

    /** The loss of a batch, a scalar. */
    public Tensor loss(TokenProjection projection, List<Example> examples) {
        var documents = new ArrayList<float[][]>();
        for (var each : examples) documents.add(each.positive);
        for (var each : examples) documents.addAll(each.negatives);
        var scores = scores(projection, examples.stream().map(Example::query).toList(), documents).div(temperature);
        var loss = new CrossEntropy().of(scores, Tensor.arange(examples.size()));
        int first = examples.size(), taught = 0;
        Tensor divergence = null;
        for (int i = 0; i < examples.size(); i++) {
            int n = examples.get(i).negatives.size();
            if (examples.get(i).teacher.length > 0 && distillation > 0) {
                var own = new long[1 + n];
                own[0] = i;
                for (int j = 0; j < n; j++) own[1 + j] = first + j;
                var teacher = Tensor.of(examples.get(i).teacher).to(DType.F32).div(temperature).logSoftmax(0);
                var each = teacher.exp().mul(teacher.sub(scores.get(i).indexSelect(0, Tensor.of(own)).logSoftmax(0))).sum();
                divergence = divergence == null ? each : divergence.add(each);
                taught++;
            }
            first += n;
        }
        return divergence == null ? loss : loss.add(divergence.mul(distillation / taught));
    }

    /** MaxSim of all queries with all documents, (queries, documents). */
    public static Tensor scores(TokenProjection projection, List<float[][]> queries, List<float[][]> documents) {
        Padded q = padded(queries), d = padded(documents);
        int b = queries.size(), c = documents.size();
        var dots = projection.apply(q.tokens).matmul(projection.apply(d.tokens).transpose()).reshape(b, q.longest, c, d.longest);
        return dots.maskedFill(d.padding.reshape(1, 1, c, d.longest), Double.NEGATIVE_INFINITY).max(3)
                .maskedFill(q.padding.reshape(b, q.longest, 1), 0.0).sum(1);
    }

    /** (texts x longest, in); true where there is no token. */
    private record Padded(Tensor tokens, Tensor padding, int longest) {}

    private static Padded padded(List<float[][]> texts) {
        int longest = texts.stream().mapToInt(t -> t.length).max().orElseThrow(), in = texts.getFirst()[0].length;
        var flat = new float[texts.size() * longest * in];
        var padding = new boolean[texts.size() * longest];
        for (int i = 0; i < texts.size(); i++) for (int t = 0; t < longest; t++) {
            int at = i * longest + t;
            if (t < texts.get(i).length) System.arraycopy(texts.get(i)[t], 0, flat, at * in, in);
            else padding[at] = true;
        }
        return new Padded(Tensor.of(flat, (long) texts.size() * longest, in), Tensor.of(padding), longest);
    }
}
