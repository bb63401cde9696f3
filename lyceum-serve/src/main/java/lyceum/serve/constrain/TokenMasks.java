package lyceum.serve.constrain;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import lyceum.serve.constrain.StackSet.Frame;
import lyceum.serve.constrain.StackSet.Mask;

/**
 * Which tokens may come at each place of a grammar. Most tokens are settled by the top of a stack, once for each node of the grammar; those that leave its production are
 * walked on from where they leave it, with the stack that is there.
 */
final class TokenMasks {
    final StackSet.Machine machine;
    final TokenPieces pieces;
    private final AtomicReferenceArray<Local> locals;

    /** What the top of a stack settles: tokens that may come, and places in the tree of tokens where a walk leaves the production. */
    private record Local(long[] bits, int[] exits, int worst) {}

    TokenMasks(Grammar grammar, TokenPieces pieces) {
        this.pieces = pieces;
        machine = new StackSet.Machine(new Pushdown(grammar, pieces.single(), pieces.occurring()));
        locals = new AtomicReferenceArray<>(machine.grammar.size());
    }

    Mask mask(StackSet state) {
        var known = state.mask;
        if (known != null) return known;
        var walk = new Walk(Pushdown.NEVER - 1);
        for (var frame : state.frames) {
            var local = local(frame.node);
            int below = frame.parent == null ? 0 : frame.parent.cost;
            if (below < Pushdown.NEVER) for (int w = 0; w < walk.bits.length; w++) walk.bits[w] |= local.bits[w];
            if (below < Pushdown.NEVER && local.worst >= 0) walk.worst = Math.max(walk.worst, local.worst + below);
            if (frame.parent == null || local.exits.length == 0) continue;
            var behind = machine.at(frame.parent.node, frame.parent.parent);
            for (int exit : local.exits) walk.from(exit, behind);
        }
        machine.charge(state, 8L * walk.bits.length);
        return state.mask = new Mask(walk.bits, walk.worst);
    }

    private Local local(int node) {
        var known = locals.get(node);
        if (known != null) return known;
        var walk = new Walk(Pushdown.NEVER - 1);
        walk.exits = new int[16];
        walk.from(0, machine.at(node, Frame.UNKNOWN));
        var local = new Local(walk.bits, Arrays.copyOf(walk.exits, walk.count), walk.worst);
        locals.set(node, local);
        return local;
    }

    /** Tokens that leave at most so many bytes to be written. */
    long[] within(StackSet state, int bound) {
        var walk = new Walk(bound);
        walk.from(0, state);
        return walk.worst < 0 ? null : walk.bits;
    }

    /** The fewest bytes that a token can leave to be written. */
    int nearest(StackSet state) {
        var walk = new Walk(Pushdown.NEVER - 1);
        walk.from(0, state);
        return walk.best;
    }

    private final class Walk {
        final long[] bits = new long[(pieces.vocabulary() + 63) / 64];
        final int bound;
        int worst = -1, best = Pushdown.NEVER, count;
        int[] exits;
        private StackSet[] path = new StackSet[32];

        Walk(int bound) { this.bound = bound; }

        /** Walks what is below a node of the tree. */
        void from(int node, StackSet state) {
            int base = pieces.depth(node);
            path[0] = state;
            for (int i = node + 1, end = pieces.end(node); i < end;) {
                int d = pieces.depth(i) - base;
                var to = path[d - 1].step(pieces.label(i));
                if (to.isDead()) {
                    i = pieces.end(i);
                    continue;
                }
                if (d == path.length) path = Arrays.copyOf(path, 2 * d);
                path[d] = to;
                int tokens = pieces.tokens(i);
                if (tokens > 0) best = Math.min(best, to.cost);
                if (tokens > 0 && to.cost <= bound) {
                    worst = Math.max(worst, to.cost);
                    for (int t = 0; t < tokens; t++) {
                        int id = pieces.token(i, t);
                        bits[id >> 6] |= 1L << id;
                    }
                }
                if (to.leaves && exits != null && pieces.end(i) > i + 1) {
                    if (count == exits.length) exits = Arrays.copyOf(exits, 2 * count);
                    exits[count++] = i;
                }
                i++;
            }
        }
    }
}
