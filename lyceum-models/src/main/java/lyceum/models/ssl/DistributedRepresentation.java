package lyceum.models.ssl;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.ssl.FamilyTrees.Query;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * Hinton's family-trees network: a person (one unit of 24) and a relation (one of 12) each pass through a few units of their own, and what the answer needs decides
 * what these units come to mean. With measures of how distributed a code is.
 *
 * {@snippet :
 * var net = new DistributedRepresentation(new DistributedConfig(), Rng.of(1));
 * net.fit(FamilyTrees.queries(), Rng.of(2), Progress.SILENT);
 * Tensor codes = net.personCodes();                                                        // (24, 6)
 * double share = LinearReadout.of(codes).leaveOneOutAccuracy(FamilyTrees.nationality());   // from the other 23 persons
 * double axes = DistributedRepresentation.participationRatio(codes);                       // of 6
 * }
 *
 * <p>Takes (n, 2), the numbers of person and relation, to scores (n, 24). Modern in its training alone (softmax, AdamW); layers and sizes are the paper's.
 *
 * @see <a href="https://www.cs.toronto.edu/~hinton/absps/families.pdf">Hinton (1986)</a>
 */
public final class DistributedRepresentation extends Module {
    private final DistributedConfig config;
    private final Linear person, relation, meeting, answer, output;

    public DistributedRepresentation(DistributedConfig config, Rng rng) {
        this.config = config;
        int people = FamilyTrees.PEOPLE.size(), relations = FamilyTrees.Relation.values().length, code = config.code();
        person = layer(people, code, 0.5, rng.split(1));
        relation = layer(relations, code, 0.5, rng.split(2));
        meeting = layer(2 * code, config.hidden(), 0.5 / Math.sqrt(2 * code), rng.split(3));
        answer = layer(config.hidden(), code, 0.5 / Math.sqrt(config.hidden()), rng.split(4));
        output = layer(code, people, 0.5 / Math.sqrt(code), rng.split(5));
    }

    private static Linear layer(int inputs, int outputs, double deviation, Rng rng) {
        return new Linear(inputs, outputs, true, DType.F32, Init.normal(deviation), rng);
    }

    public DistributedConfig config() { return config; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 2 || x.size(1) != 2)
            throw new ShapeException("DistributedRepresentation: " + x.shape() + "; it takes (n, 2), person and relation");
        return answered(code(person, x.select(1, 0), pass), code(relation, x.select(1, 1), pass), pass);
    }

    private Tensor code(Linear layer, Tensor numbers, Pass pass) {
        var units = numbers.oneHot(DType.F32, layer.weight().size(1));
        return config.activation().forward(layer.forward(units, pass), pass);
    }

    private Tensor answered(Tensor person, Tensor relation, Pass pass) {
        var f = config.activation();
        var met = f.forward(meeting.forward(Tensor.concat(1, person, relation), pass), pass);
        return output.forward(f.forward(answer.forward(met, pass), pass), pass);
    }

    /** Learns these facts, from the present weights on. @throws lyceum.progress.CancelledException if progress says so */
    public History fit(List<Query> facts, Rng rng, Progress progress) {
        var trainer = new Trainer(new AdamW(config.learningRate()).withWeightDecay(config.decay()), config.steps())
                .withBatchSize(facts.size());
        return trainer.fit(this, Loss::crossEntropy, FamilyTrees.dataset(facts), null, rng, progress);
    }

    /** What stands for each person: activities (24, code). */
    public Tensor personCodes() { return Autograd.noGrad(() -> code(person, Tensor.arange(24), Pass.inference()).compute()); }

    /** What stands for each relation: activities (12, code). */
    public Tensor relationCodes() { return Autograd.noGrad(() -> code(relation, Tensor.arange(12), Pass.inference()).compute()); }

    /** The weights from each person into the units of the code, (code, 24): what Hinton drew. */
    public Tensor personWeights() { return person.weight().detach(); }

    /** Queries answered rightly where one unit of the person's code is held at its mean over persons, for each unit. */
    public int[] ablation(List<Query> queries) {
        return Autograd.noGrad(() -> {
            var x = FamilyTrees.dataset(queries).x();
            Tensor codes = code(person, x.select(1, 0), Pass.inference()), relations = code(relation, x.select(1, 1), Pass.inference());
            Tensor means = personCodes().mean(0), units = Tensor.eye(config.code()).ne(0);
            var right = new int[config.code()];
            for (int unit = 0; unit < right.length; unit++) {
                int[] answers = answered(units.get(unit).where(means, codes), relations, Pass.inference()).argmax(1).toIntArray();
                for (int i = 0; i < answers.length; i++) if (queries.get(i).isAnsweredBy(answers[i])) right[unit]++;
            }
            return right;
        });
    }

    /**
     * How many directions a code uses alike: {@code (sum of eigenvalues)^2 / sum of their squares} of its covariance, from 1 where all variance lies along one
     * direction to the width where it is even; n - 1 for n items in a local code. NaN where all rows are equal.
     *
     * @param codes (n, units)
     */
    public static double participationRatio(Tensor codes) {
        var x = matrix("participationRatio", codes);
        var covariance = x.sub(x.mean(0)).transpose().matmul(x.sub(x.mean(0)));
        double trace = covariance.diagonal().sum().item();
        return trace * trace / covariance.square().sum().item(); // the sum of squared eigenvalues is that of squared entries
    }

    /** How many of the rows (n, units) are told apart by their codes: distinct rows. */
    public static int distinct(Tensor codes) {
        var seen = new HashSet<List<Double>>();
        for (double[] row : matrix("distinct", codes).toRows()) seen.add(Arrays.stream(row).map(v -> v + 0.0).boxed().toList());
        return seen.size();
    }

    /** Every pattern of k binary units, (2^k, k). @param k from 1 to 20 */
    public static Tensor binaryPatterns(int k) {
        if (k < 1 || k > 20) throw new IllegalArgumentException("binaryPatterns: k is " + k + "; it lies between 1 and 20");
        var patterns = new float[k << k];
        for (int i = 0; i < 1 << k; i++) for (int unit = 0; unit < k; unit++) patterns[i * k + unit] = i >>> unit & 1;
        return Tensor.of(patterns, 1 << k, k);
    }

    /** Every pattern of k local units, of which exactly one is on: (k, k). */
    public static Tensor localPatterns(int k) {
        if (k < 1) throw new IllegalArgumentException("localPatterns: k is " + k + "; it is at least 1");
        return Tensor.eye(k);
    }

    private static Tensor matrix(String operation, Tensor codes) {
        if (codes.rank() != 2 || codes.size(0) < 1)
            throw new ShapeException(operation + ": codes " + codes.shape() + "; they are (n, units), n at least 1");
        return codes.detach().to(DType.F64).compute();
    }
}
