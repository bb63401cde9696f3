package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.nn.onnx.Plan.Step;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** Products of one value with several constant matrices are one product with the matrices side by side, and so are their biases: queries, keys and values for the most part. */
final class SideBySide {
    private final Preparation plan;
    private final Map<Integer, Step> readers = new HashMap<>();

    SideBySide(Preparation plan) { this.plan = plan; }

    /** A product, and the step that adds its bias or null. */
    private record Part(Step product, Step bias, Tensor weight, Tensor offset) {
        int out() { return (bias == null ? product : bias).out()[0]; }
    }

    List<Step> joined(List<Step> steps) {
        for (var step : steps) for (int place : step.in()) readers.put(place, step);
        var groups = new LinkedHashMap<Integer, List<Part>>();
        for (var step : steps) if (part(step) instanceof Part part) groups.computeIfAbsent(step.in()[0], x -> new ArrayList<>()).add(part);
        var instead = new IdentityHashMap<Step, Step>();
        Set<Step> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var group : groups.values()) {
            boolean isBiased = group.getFirst().bias != null;
            long inner = group.getFirst().weight.size(0);
            if (group.size() < 2 || group.stream().anyMatch(p -> (p.bias != null) != isBiased || p.weight.size(0) != inner)) continue;
            for (var part : group) {
                gone.add(part.product);
                if (isBiased) gone.add(part.bias);
            }
            instead.put(group.getFirst().product, step(group, isBiased));
        }
        if (instead.isEmpty()) return steps;
        var all = new ArrayList<Step>();
        for (var step : steps) {
            if (instead.containsKey(step)) all.add(instead.get(step));
            else if (!gone.contains(step)) all.add(step);
        }
        return all;
    }

    private Part part(Step step) {
        if (!Preparation.is(step, "MatMul", 2) || plan.constant(step.in()[0]) != null) return null;
        if (!(plan.constant(step.in()[1]) instanceof OnnxValue.Array(var type, var w)) || w.rank() != 2 || w.dtype() != DType.F32) return null;
        var made = plan.made(step.out()[0], "MatMul", 2, 1);
        var add = made == null ? null : readers.get(step.out()[0]);
        if (Preparation.is(add, "Add", 2)) for (int side = 0; side < 2; side++)
            if (add.in()[side] == step.out()[0] && plan.constant(add.in()[1 - side]) instanceof OnnxValue.Array(var t, var b) && b.rank() == 1
                    && b.count() == w.size(1) && b.dtype() == DType.F32)
                return new Part(step, add, w, b);
        return new Part(step, null, w, null);
    }

    private static Step step(List<Part> group, boolean isBiased) {
        var weights = group.stream().map(Part::weight).toArray(Tensor[]::new);
        var offsets = isBiased ? group.stream().map(Part::offset).toArray(Tensor[]::new) : null;
        var packed = PackedMatrix.of(Tensor.concat(1, weights).compute());
        var offset = isBiased ? Tensor.concat(0, offsets).compute() : null;
        var first = group.getFirst().product;
        return new Step(first.node(), first.version(), new Operator("", "MatMul", first.version(), c -> {
            var x = c.x(0);
            var parts = new Tensor[weights.length];
            if (x.dtype() != DType.F32) {
                for (int i = 0; i < parts.length; i++) parts[i] = isBiased ? x.matmul(weights[i]).add(offsets[i]) : x.matmul(weights[i]);
                return parts;
            }
            var y = isBiased ? x.matmul(packed).add(offset) : x.matmul(packed);
            long from = 0;
            for (int i = 0; i < parts.length; from += weights[i++].size(1)) parts[i] = y.narrow(-1, from, weights[i].size(1));
            return parts;
        }), null, new int[] {first.in()[0]}, group.stream().mapToInt(Part::out).toArray(), first.last(), first.bodies());
    }
}
