package lyceum.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.MemoryPlan.Buffer;
import lyceum.backend.Backend;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.memory.Storage;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.Operation.Memory;
import lyceum.tensor.Tensor;

/** A graph cut into steps, each of which writes one value or makes a view, and how long each value has to live. */
final class Schedule {

    /** One value is made: by the fused operations {@code members}, the last of which is the value's node. */
    record Step(List<Integer> members, boolean view) {
        int node() { return members.getLast(); }

        void run(Graph graph, Tensor[] values, Storage block, long[] offsets) {
            var call = (Call) graph.node(node());
            if (view) {
                values[call.id()] = Graph.call(call, values);
                return;
            }
            var out = Tensor.on(block, offsets[call.id()], call.dtype(), call.shape().toArray());
            if (call.operation() instanceof ElementwiseOp) fused(graph, values, out);
            else call.operation().into(out.view(), Graph.operands(call, values));
            values[call.id()] = out;
        }

        /** One program over the whole shape. */
        private void fused(Graph graph, Tensor[] values, Tensor out) {
            var p = new ProgramBuilder();
            var reads = new ArrayList<View>();
            Map<Integer, Integer> registers = new HashMap<>();
            for (int member : members) {
                var call = (Call) graph.node(member);
                var in = new int[] {-1, -1, -1};
                for (int i = 0; i < call.operands().size(); i++) {
                    int operand = call.operands().get(i);
                    if (!registers.containsKey(operand)) {
                        reads.add(values[operand].expand(out.shape().toArray()).view());
                        registers.put(operand, p.load(values[operand].dtype(), reads.size() - 1));
                    }
                    in[i] = registers.get(operand);
                }
                registers.put(member, p.of(((ElementwiseOp) call.operation()).op(), call.dtype(), in[0], in[1], in[2], 0));
            }
            if (out.count() > 0)
                Backend.current().run(p.build(registers.get(members.getLast())), reads.toArray(View[]::new), new View[] {out.view()});
        }
    }

    private final Graph graph;
    private final List<Step> steps = new ArrayList<>();
    /** The node in whose memory a node's value lies; for inputs, constants and their views one without a buffer. */
    private final int[] home;
    private final boolean[] contiguous;

    Schedule(Graph graph, boolean fused) {
        this.graph = graph;
        int n = graph.nodes().size();
        home = new int[n];
        contiguous = new boolean[n];
        Map<Integer, List<Integer>> groups = new HashMap<>();
        var inner = new HashSet<Integer>();
        if (fused) {
            for (var group : graph.fusionGroups()) {
                groups.put(group.getLast(), group);
                inner.addAll(group.subList(0, group.size() - 1));
            }
        }
        for (var node : graph.nodes()) {
            int id = node.id();
            home[id] = id;
            contiguous[id] = true;
            if (!(node instanceof Call call) || inner.contains(id)) continue;
            boolean view = isView(call);
            if (view) {
                home[id] = home[call.operands().getFirst()];
                contiguous[id] = call.operation().memory() == Memory.IN_ORDER
                        || call.operation().memory() == Memory.SAME && contiguous[call.operands().getFirst()];
            }
            steps.add(new Step(groups.getOrDefault(id, List.of(id)), view));
        }
    }

    /** A reshape of what may have gaps is a copy. */
    private boolean isView(Call call) {
        return call.operation().isView() && (call.operation().memory() != Memory.IN_ORDER || contiguous[call.operands().getFirst()]);
    }

    Graph graph() { return graph; }

    List<Step> steps() { return steps; }

    /** For each node with memory of its own the last step that reads it; the number of steps for outputs. */
    private int[] lastReads() {
        var last = new int[home.length];
        Arrays.fill(last, -1);
        for (int s = 0; s < steps.size(); s++) {
            last[home[steps.get(s).node()]] = s;
            for (int operand : outside(steps.get(s))) last[home[operand]] = s;
        }
        for (int output : graph.outputs()) last[home[output]] = steps.size();
        return last;
    }

    private List<Integer> outside(Step step) {
        var operands = new ArrayList<Integer>();
        for (int member : step.members)
            for (int operand : graph.node(member).operands()) if (!step.members.contains(operand)) operands.add(operand);
        return operands;
    }

    private long bytes(int node) { return MemoryPlan.aligned(graph.node(node).shape().count() * graph.node(node).dtype().bytes()); }

    /** The buffers that are needed, not yet placed. */
    List<Buffer> buffers() {
        var last = lastReads();
        var open = new HashMap<Integer, Buffer>(); // by the node that wrote last
        var all = new ArrayList<Buffer>();
        for (int s = 0; s < steps.size(); s++) {
            var step = steps.get(s);
            int node = step.node();
            if (step.view || graph.node(node).shape().count() == 0) continue;
            int taken = overwritten(step, s, last, open);
            var buffer = new Buffer(List.of(node), bytes(node), s, last[node], 0);
            if (taken >= 0) {
                var before = open.remove(taken);
                all.remove(before);
                var nodes = new ArrayList<>(before.nodes());
                nodes.add(node);
                buffer = new Buffer(List.copyOf(nodes), before.bytes(), before.from(), last[node], 0);
            }
            open.put(node, buffer);
            all.add(buffer);
        }
        return all;
    }

    /** An operand of an element-wise step that dies here and that nothing in the step reads through a view or by broadcasting; or -1. */
    private int overwritten(Step step, int s, int[] last, Map<Integer, Buffer> open) {
        var call = graph.node(step.node());
        if (!(((Call) call).operation() instanceof ElementwiseOp)) return -1;
        var operands = outside(step);
        for (int operand : operands) {
            var value = graph.node(operand);
            boolean fits = open.containsKey(operand) && last[operand] == s && value.shape().equals(call.shape())
                    && value.dtype().bytes() == call.dtype().bytes();
            for (int other : operands) fits &= other == operand || home[other] != operand;
            if (fits) return operand;
        }
        return -1;
    }

    /** The largest sum of values alive at once, each from the step that makes it to the last that reads it. */
    long eagerPeak() {
        var last = lastReads();
        var freed = new long[steps.size() + 1];
        for (var step : steps) if (!step.view) freed[last[step.node()]] += bytes(step.node());
        long live = 0, peak = 0;
        for (int s = 0; s < steps.size(); s++) {
            if (!steps.get(s).view) live += bytes(steps.get(s).node());
            peak = Math.max(peak, live);
            live -= freed[s];
        }
        return peak;
    }
}
