package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import lyceum.autograd.Primitive;
import lyceum.autograd.Primitive.Backward;
import lyceum.autograd.Primitive.Batching;
import lyceum.autograd.Primitive.PushForward;
import org.junit.jupiter.api.Test;

/** The catalogue knows every operation, and its checks find a wrong rule of each kind. */
class OperationsTest {
    private static final Backward PULL = (i, g, out, in) -> g.mul(in[0].square()).mul(3);
    private static final PushForward PUSH = (t, out, in) -> t[0].mul(in[0].square()).mul(3);
    private static final Batching BATCH = (size, batched, in) -> in[0].pow(3);

    @Test void everyOperationIsSeenInTheCatalogue() {
        assertThat(OperationTable.all()).isNotEmpty().isSubsetOf(OperationTable.seen().keySet());
    }

    @Test void thePageOfOperationsIsWhatTheRecordsTell() throws IOException {
        assertThat(Files.readString(OperationTable.PAGE)).as("run lyceum.tensor.OperationTable to write it anew")
                .isEqualTo(OperationTable.page());
    }

    private static OpCase cube(Backward pull, PushForward push, Batching batch) {
        return of(Primitive.of("cube", in -> in[0].pow(3), pull), push, batch);
    }

    /** One that keeps the square, and reads it. */
    private static OpCase keeping(PushForward push, Batching batch) {
        return of(Primitive.of("cube", in -> new Tensor[] {in[0].square()}, (in, kept) -> kept[0].mul(in[0]),
                (i, g, out, in, kept) -> g.mul(kept[0]).mul(3)), push, batch);
    }

    private static OpCase of(Primitive bare, PushForward push, Batching batch) {
        var pushed = push == null ? bare : bare.withPushForward(push);
        var cube = batch == null ? pushed : pushed.withBatching(batch);
        return OpCase.of("cube", cube::apply, new long[] {3, 4});
    }

    private static void red(Map<String, OpChecks.Check> checks, String check, OpCase op, String says) {
        assertThatThrownBy(() -> checks.get(check).run(op)).as(check).isInstanceOf(AssertionError.class).hasMessageContaining("cube")
                .hasMessageContaining(says);
    }

    @Test void rightRulesPassEveryCheck() {
        for (var op : new OpCase[] {cube(PULL, PUSH, BATCH), cube(PULL, null, null), keeping(null, null), keeping(PUSH, BATCH)}) {
            DerivativeChecks.gradients().values().forEach(check -> check.run(op));
            DerivativeChecks.batches().values().stream().filter(check -> check.applies(op)).forEach(check -> check.run(op));
        }
    }

    @Test void whatIsSaidToReadValuesAndDoesNotIsFound() {
        red(DerivativeChecks.batches(), "batch refused", cube(PULL, PUSH, BATCH).reading(), "holds for all of a batch");
    }

    @Test void aWrongPullBackIsFound() {
        var wrong = cube((i, g, out, in) -> g.mul(in[0]).mul(3), PUSH, BATCH);
        red(DerivativeChecks.gradients(), "gradient", wrong, "by differences");
        red(DerivativeChecks.gradients(), "push-forward against pull-back", wrong, "<J'u, v>");
        red(DerivativeChecks.gradients(), "gradient of views",
                cube((i, g, out, in) -> g.mul(in[0].square()).mul(in[0].isContiguous() ? 3 : 2), PUSH, BATCH), "expected");
    }

    @Test void aPullBackWhoseOwnDerivativeIsWrongIsFound() {
        var wrong = cube((i, g, out, in) -> g.mul(in[0].detach().square()).mul(3), PUSH, BATCH);
        DerivativeChecks.gradients().get("gradient").run(wrong);
        red(DerivativeChecks.gradients(), "second order", wrong, "second-order gradient");
        red(DerivativeChecks.gradients(), "second-order push-forward", wrong, "tangent of the gradient");
    }

    @Test void aWrongPushForwardIsFound() {
        var wrong = cube(PULL, (t, out, in) -> t[0].mul(in[0].square()).mul(2), BATCH);
        red(DerivativeChecks.gradients(), "push-forward", wrong, "tangent along operand 0");
        red(DerivativeChecks.gradients(), "push-forward against pull-back", wrong, "<u, Jv>");
        PushForward stopped = (t, out, in) -> t[0].mul(in[0].detach().square()).mul(3);
        for (var op : new OpCase[] {cube(PULL, stopped, BATCH), keeping(stopped, BATCH)}) {
            DerivativeChecks.gradients().get("push-forward").run(op);
            red(DerivativeChecks.gradients(), "second-order push-forward", op, "second tangent");
        }
        red(DerivativeChecks.gradients(), "push-forward", keeping((t, out, in) -> t[0].mul(out), BATCH), "tangent along operand 0");
    }

    @Test void aWrongBatchingRuleIsFound() {
        Batching first = (size, batched, in) -> in[0].narrow(0, 0, 1).expand(in[0].shape().toArray()).pow(3);
        Batching constant = (size, batched, in) -> in[0].pow(3).detach(),
                stopped = (size, batched, in) -> in[0].detach().square().mul(in[0]);
        for (var op : new OpCase[] {cube(PULL, PUSH, first), keeping(PUSH, first)})
            red(DerivativeChecks.batches(), "batch", op, "expected");
        for (var op : new OpCase[] {cube(PULL, PUSH, constant), cube(PULL, PUSH, stopped), keeping(null, constant)}) {
            DerivativeChecks.batches().get("batch").run(op); // its value is right
            red(DerivativeChecks.batches(), "gradient of a batch", op, "expected");
            red(DerivativeChecks.batches(), "tangent of a batch", op, "expected");
        }
    }

    @Test void aPullBackReadsNothingThatItsRecordDoesNotSay() {
        var x = Tensor.of(1.0, 2.0).requiresGrad();
        var sum = x.add(x);
        assertThatThrownBy(() -> sum.node().operand(0)).isInstanceOf(AssertionError.class)
                .hasMessageContaining("backward of add reads operand 0");
        assertThat(x.exp().node().result().toDoubleArray()).containsExactly(Math.exp(1), Math.exp(2));
    }
}
