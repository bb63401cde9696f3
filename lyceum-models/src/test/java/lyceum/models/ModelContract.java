package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Memory;
import lyceum.nn.ConfigJson;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import org.junit.jupiter.api.DynamicTest;

/**
 * What every model must keep, as tests.
 *
 * {@snippet :
 * class MyModelTest {
 *     @TestFactory Stream<DynamicTest> keepsTheContract() { return ModelContract.of(Architectures.named("ResNet")).tests(); }
 * }
 * }
 *
 * <p>A check that a model cannot keep is declared with its reason ({@link #knownFailure}); it still runs, and must still fail.
 *
 * @param kind of model
 * @param bf16 how far outputs with weights and products in BF16 may be off, as a share of the outputs' norm
 * @param still names of parameters whose gradient is zero whatever the input
 * @param knownFailures the reason by check
 */
public record ModelContract<C extends Record, M extends Module>(Architecture<C, M> kind, double bf16, Set<String> still,
        Map<String, String> knownFailures) {
    private static final int ITEMS = 3, DRAWS = 6;
    /** Growth that is no leak: a slab of small tensors is freed when none of them is reachable. */
    private static final long SLABS = 192 << 10;

    /** The contract for one kind of model. */
    public static <C extends Record, M extends Module> ModelContract<C, M> of(Architecture<C, M> kind) {
        return new ModelContract<>(kind, 0.03, Set.of(), Map.of());
    }

    /** For models that decide (the nearest code, the largest of several), or that amplify. */
    public ModelContract<C, M> withBf16(double bound) { return new ModelContract<>(kind, bound, still, knownFailures); }

    /** Says which parameters have no gradient by construction; they must have none. */
    public ModelContract<C, M> withStill(String... names) { return new ModelContract<>(kind, bf16, Set.of(names), knownFailures); }

    /** Declares that the check with this name fails, and why. */
    public ModelContract<C, M> knownFailure(String check, String reason) {
        var longer = new LinkedHashMap<>(knownFailures);
        longer.put(check, reason);
        return new ModelContract<>(kind, bf16, still, longer);
    }

    /** A named claim about a model. */
    private interface Claim {
        void check() throws Exception;
    }

    private record Check(String name, Claim claim) {}

    private List<Check> checks() {
        return List.of(new Check("save and load", this::comesBackFromItsFolder),
                new Check("config JSON", this::configurationGoesThroughJson), new Check("gradients", this::everyParameterHasAGradient),
                new Check("batch", this::aBatchIsItsItems), new Check("deterministic", this::predictionsAreDeterministicAndChangeNothing),
                new Check("BF16", this::bf16IsClose), new Check("checkpointing", this::checkpointingChangesNothing),
                new Check("two threads", this::twoThreadsPredictAlike));
    }

    /** One test a check. Memory is left out, see {@link #grows}. */
    public Stream<DynamicTest> tests() {
        var checks = checks();
        for (var name : knownFailures.keySet())
            if (checks.stream().noneMatch(c -> c.name.equals(name))) throw new IllegalArgumentException(
                    "knownFailure: no check is called \"" + name + "\"; there are " + checks.stream().map(Check::name).toList());
        return checks.stream().map(c -> DynamicTest.dynamicTest(kind.name() + ": " + c.name, () -> run(c)));
    }

    /** What the checks that fail say, one line each: for many models in one test. */
    public List<String> failures() {
        var failed = new ArrayList<String>();
        for (var check : checks()) try {
            run(check);
        } catch (AssertionError | Exception e) {
            failed.add(kind.name() + ", " + check.name + ": "
                    + (e.getMessage() == null ? e.toString() : e.getMessage().replaceAll("\\s+", " ")));
        }
        return failed;
    }

    /** How many checks there are. */
    public int size() { return checks().size(); }

    private void run(Check check) throws Exception {
        var reason = knownFailures.get(check.name);
        if (reason == null) {
            check.claim.check();
            return;
        }
        try {
            check.claim.check();
        } catch (AssertionError | RuntimeException expected) {
            return;
        }
        fail("declared to fail (%s), but it holds: remove the declaration", reason);
    }

    /** With weights that are neither zero nor one, so that no gate is shut. */
    private M model() {
        var model = kind.build(kind.example().config(), Rng.of(11));
        var rng = Rng.of(12);
        Autograd.noGrad(
                () -> model.parameters().values().forEach(p -> p.copy_(p.add(Tensor.randn(rng, p.dtype(), p.shape().toArray()).mul(0.1)))));
        return model;
    }

    private List<Tensor> inputs(int n) { return kind.example().inputs().of(n, Rng.of(21)); }

    private Tensor predictions(M model, List<Tensor> x) {
        return Autograd.noGrad(() -> kind.example().outputs().of(model, x, Pass.inference()).compute());
    }

    private Tensor loss(M model, List<Tensor> x, Rng rng) { return kind.example().loss().of(model, x, Pass.training(rng)); }

    private void comesBackFromItsFolder() throws Exception {
        var folder = Files.createTempDirectory("model");
        try {
            var model = model();
            new SavedModel(model, kind.example().config()).save(folder);
            var read = SavedModel.load(folder);
            var same = read.model(kind.model());
            assertThat(read.config()).isEqualTo(kind.example().config());
            assertThat(same.parameters().keySet()).isEqualTo(model.parameters().keySet());
            assertThat(predictions(same, inputs(ITEMS)).toDoubleArray()).isEqualTo(predictions(model, inputs(ITEMS)).toDoubleArray());
        } finally {
            for (var file : List.of(SavedModel.CONFIG, SavedModel.WEIGHTS)) Files.deleteIfExists(folder.resolve(file));
            Files.delete(folder);
        }
    }

    private void configurationGoesThroughJson() {
        var text = ConfigJson.text(ConfigJson.write(kind.example().config()));
        var read = kind.read(ConfigJson.parse(text));
        assertThat(read).isEqualTo(kind.example().config());
        assertThat(ConfigJson.text(ConfigJson.write(read))).isEqualTo(text);
    }

    private void everyParameterHasAGradient() {
        var model = model();
        var without = new LinkedHashSet<>(model.parameters().keySet());
        assertThat(without).isNotEmpty();
        for (int draw = 0; draw < DRAWS && !without.isEmpty(); draw++) {
            model.zeroGrad();
            loss(model, kind.example().inputs().of(4, Rng.of(30 + draw)), Rng.of(40 + draw)).backward();
            model.parameters().forEach((name, p) -> {
                if (p.grad() == null) return;
                double size = p.grad().abs().max().item();
                assertThat(size).as(name).isFinite();
                if (size > 0) without.remove(name);
            });
        }
        assertThat(without).as("parameters without a gradient").isEqualTo(still);
    }

    private void aBatchIsItsItems() {
        var model = model();
        var x = inputs(ITEMS);
        var together = predictions(model, x);
        var apart = IntStream.range(0, ITEMS)
                .mapToObj(i -> predictions(model, x.stream().map(t -> t.narrow(0, i, 1).contiguous().compute()).toList()))
                .toArray(Tensor[]::new);
        assertThat(gap(together, Tensor.concat(0, apart))).isLessThan(1e-5);
    }

    /** The largest difference, as a share of the largest number. */
    private static double gap(Tensor expected, Tensor found) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        double most = 1e-30, far = 0;
        double[] a = expected.toDoubleArray(), b = found.toDoubleArray();
        for (int i = 0; i < a.length; i++) {
            if (a[i] == b[i]) continue;
            assertThat(b[i]).isFinite();
            most = Math.max(most, Math.abs(a[i]));
            far = Math.max(far, Math.abs(a[i] - b[i]));
        }
        return far / most;
    }

    private void predictionsAreDeterministicAndChangeNothing() {
        var model = model();
        var before = values(model);
        var first = predictions(model, inputs(ITEMS)).toDoubleArray();
        assertThat(first).isNotEmpty();
        assertThat(predictions(model, inputs(ITEMS)).toDoubleArray()).isEqualTo(first);
        assertThat(values(model)).usingRecursiveComparison().isEqualTo(before);
    }

    private static Map<String, double[]> values(Module model) {
        var values = new LinkedHashMap<String, double[]>();
        model.state().forEach((name, t) -> values.put(name, t.toDoubleArray()));
        return values;
    }

    /** Weights that were stored in BF16, and products in it. */
    private void bf16IsClose() {
        var model = model();
        var rounded = Module.to(Module.to(model, DType.BF16), DType.F32);
        var expected = predictions(model, inputs(ITEMS));
        var found = Autocast.in(DType.BF16, () -> predictions(rounded, inputs(ITEMS)).to(DType.F32).compute());
        double off = found.sub(expected).square().sum().sqrt().item(), size = expected.square().sum().sqrt().item();
        assertThat(off).isGreaterThan(0);
        assertThat(off / size).isLessThan(bf16);
    }

    private void checkpointingChangesNothing() {
        M plain = model(), again = model();
        var x = inputs(4);
        loss(plain, x, Rng.of(51)).backward();
        Autograd.checkpoint((one, rng) -> loss(again, x, rng).mul(one), Tensor.ones(1).requiresGrad(), Rng.of(51)).sum().backward();
        plain.parameters().forEach((name, p) -> {
            var q = again.parameters().get(name);
            assertThat(q.grad() == null).as(name).isEqualTo(p.grad() == null);
            if (p.grad() != null) assertThat(gap(p.grad(), q.grad())).as(name).isLessThan(1e-5);
        });
        plain.state().forEach((name, t) -> assertThat(gap(t, again.state().get(name))).as("state " + name).isLessThan(1e-6));
    }

    private void twoThreadsPredictAlike() {
        var model = model();
        var expected = predictions(model, inputs(ITEMS)).toDoubleArray();
        var runs = IntStream.range(0, 2).mapToObj(_ -> CompletableFuture.supplyAsync(() -> {
            var seen = new ArrayList<double[]>();
            for (int i = 0; i < 3; i++) seen.add(predictions(model, inputs(ITEMS)).toDoubleArray());
            return seen;
        })).toList();
        for (var run : runs) for (var seen : run.join()) assertThat(seen).isEqualTo(expected);
    }

    /** A training that has taken its first steps. */
    TrainingRun training() {
        var model = model();
        var x = kind.example().inputs().of(8, Rng.of(61));
        var run = new Trainer(new Adam(1e-4), Integer.MAX_VALUE).withBatchSize(4).start(model, 8, (rows, pass) -> {
            var index = Tensor.of(rows);
            return kind.example().loss().of(model, x.stream().map(t -> t.indexSelect(0, index)).toList(), pass);
        }, null, Rng.of(62));
        for (int i = 0; i < 2; i++) run.step();
        return run;
    }

    /** Bytes that so many steps of trainings leave behind. */
    static long grows(List<TrainingRun> runs, int steps) {
        long before = held();
        for (var run : runs) for (int i = 0; i < steps; i++) run.step();
        return held() - before;
    }

    /** Whether that is a leak. */
    static boolean leaks(long grown) { return grown > SLABS; }

    private static long held() {
        Memory.release();
        return Memory.stats().inUse();
    }
}
