package lyceum.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;

/** Writes several tensors in place, where possible in one program and one pass over memory. */
final class Updating {
    private Updating() {}

    static void checkWritable(String operation, Tensor x) {
        Tracing.refuseInPlace(operation);
        if (x.isTracked() && GradMode.isRecording()) throw new LyceumException(operation + ": this tensor of shape " + x.shape()
                + " is part of a recorded computation; write inside noGrad, or to a copy");
        var v = x.view();
        if (v.storage().segment().isReadOnly()) throw new LyceumException(
                operation + ": this tensor of shape " + x.shape() + " lies in a file that is mapped for reading; write to a copy()");
        if (v.mayOverlapItself()) throw new LyceumException(operation + ": elements of this view of shape " + x.shape()
                + " share memory, strides " + Arrays.toString(v.strides()) + "; write to a copy()");
    }

    /**
     * Replaces the elements of the targets by the values that {@code f} gives for them. What {@code f} makes on its way is thrown away.
     */
    static void update(Tensor[] targets, UnaryOperator<Tensor[]> f) {
        for (var target : targets) Fusion.produceReaders(target.view().storage());
        var plain = new Tensor[targets.length];
        for (int i = 0; i < plain.length; i++) plain[i] = targets[i].detach();
        var sources = List.of(GradMode.with(false, () -> f.apply(plain)));
        if (sources.size() != targets.length)
            throw new IllegalArgumentException("update_: " + sources.size() + " values for " + targets.length + " tensors");
        var views = new View[targets.length];
        boolean together = true;
        for (int i = 0; i < views.length; i++) {
            views[i] = targets[i].view();
            together &= sources.get(i).pending() != null && sources.get(i).dtype() == targets[i].dtype()
                    && sources.get(i).shape().equals(targets[0].shape());
        }
        for (var source : sources) together &= !Fusion.reducesRows(source); // phases write before all is read
        if (together) {
            var chain = new FusionPlan(targets[0].shape(), sources.toArray(Tensor[]::new));
            for (var source : sources) chain.emit(source);
            together = chain.reads(views);
            if (together) chain.runInto(sources, views);
        }
        if (!together) for (var source : sources) source.view();
        for (int i = 0; i < views.length; i++) {
            views[i].storage().takeReaders();
            if (together) views[i].storage().written();
            else targets[i].copy_(sources.get(i));
        }
    }

    /** The same for many groups of tensors, whose new values depend on {@code others} as well, by one program that is made once. */
    static void updateEach(Tensor[][] targets, Tensor[][] others, UnaryOperator<Tensor[]> f) {
        var formula = targets.length == 0 || Fusion.mode() == Fusion.Mode.OFF ? null
                : Joint.of(joined(targets[0], others[0]), targets[0].length, f);
        for (int i = 0; i < targets.length; i++) {
            if (formula != null && formula.run(targets[i], others[i])) continue;
            var rest = others[i];
            update(targets[i], old -> f.apply(joined(old, rest)));
        }
    }

    private static Tensor[] joined(Tensor[] a, Tensor[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    /** An element-wise function of tensors of given types and any one shape. */
    private record Joint(Program program, DType[] types) {

        /** Null if {@code f} is not element-wise, or reads other tensors than these. */
        static Joint of(Tensor[] operands, int outputs, UnaryOperator<Tensor[]> f) {
            var types = new DType[operands.length];
            var placeholders = new Tensor[operands.length];
            var shape = operands[0].shape();
            for (int i = 0; i < operands.length; i++) {
                types[i] = operands[i].dtype();
                placeholders[i] = Fusion.placeholder(i, types[i], shape);
            }
            try {
                var sources = GradMode.with(false, () -> f.apply(placeholders));
                if (sources.length != outputs) return null;
                for (int i = 0; i < outputs; i++)
                    if (sources[i].pending() == null || sources[i].dtype() != types[i] || !sources[i].shape().equals(shape)) return null;
                var program = new FusionPlan(shape, sources).ofPlaceholders(sources);
                return program == null || program.isRowProgram() ? null : new Joint(program, types);
            } catch (Fusion.NoValue read) {
                return null;
            }
        }

        /** False if the tensors are not of one shape and these types, or lie on one another. */
        boolean run(Tensor[] targets, Tensor[] others) {
            var inputs = new View[types.length];
            var shape = targets[0].shape();
            for (int i = 0; i < inputs.length; i++) {
                var operand = i < targets.length ? targets[i] : others[i - targets.length];
                if (operand.dtype() != types[i] || !operand.shape().equals(shape)) return false;
                inputs[i] = operand.view();
            }
            var outputs = Arrays.copyOf(inputs, targets.length);
            for (int i = 0; i < outputs.length; i++)
                for (int j = 0; j < inputs.length; j++) if (i != j && outputs[i].storage() == inputs[j].storage()) return false;
            for (var output : outputs) Fusion.produceReaders(output.storage());
            Backend.current().run(program, inputs, outputs);
            for (var output : outputs) output.storage().written();
            return true;
        }
    }
}
