package lyceum.labs.serve;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.Request;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.PrefixTree;

/** Chats with one system prompt: the tree of what was computed grows with them, and each computes only what is new. */
@Lab(topics = "prefix-cache", title = "Said before")
final class PrefixCacheLab implements LabBody {
    @Override public void run(LabContext lab) {
        int page = lab.param("page", 8, 2, 32), shared = lab.param("ids of the system prompt", 200, 16, 400),
                chats = lab.param("chats", 8, 2, 12);
        int own = lab.param("ids of each question", 8, 4, 32);
        var model = new DecoderLM(DecoderConfig.llama(64, 1024, 1, 16, 2, 1, 24), lab.rng(1));
        var system = ids(lab, 2, shared);
        double[] warm = new double[chats], cold = new double[chats];
        var options = new EngineOptions().withBlocks(2048 / page * 2).withBlockSize(page);
        for (boolean reuse : new boolean[] {true, false}) try (var engine = new Engine(model, null, options.withReuse(reuse))) {
            for (int i = 0; i < chats; i++) {
                var question = ids(lab, 10 + i, own);
                question[0] = i;
                engine.submit(Request.greedy(joined(system, question), 1)).get();
                (reuse ? warm : cold)[i] = engine.metrics().computedTokens();
            }
        }
        lab.figure(Figure.line("Prompt ids computed so far", 1, cold).named("cold").line("with the tree", 1, warm).axes("chat", "ids")
                .describedAs("After the first chat only whole pages that are new are computed."));
        lab.say("%d chats compute %.0f ids cold, %.0f with what was computed before: %.0f%% saved.", chats, cold[chats - 1],
                warm[chats - 1], 100 * (1 - warm[chats - 1] / cold[chats - 1]));
        int known = shared / page * page, all = shared + own; // nothing of the last id is taken from memory
        lab.shows("ids computed", warm[chats - 1], exactly(all + (chats - 1.0) * (all - Math.min(known, (all - 1) / page * page))));
        tree(lab, page);
    }

    /** Conversations of several turns, which part and meet. */
    private static void tree(LabContext lab, int page) {
        var pool = new BlockPool(4000, page);
        var tree = new PrefixTree(pool);
        var frames = new ArrayList<Figure>();
        var chats = new ArrayList<int[]>();
        chats.add(ids(lab, 50, 4 * page));
        for (int turn = 0; turn < 7; turn++) {
            var from = chats.get(turn == 0 ? 0 : lab.rng(60 + turn).nextInt(chats.size()));
            var text = joined(from, ids(lab, 70 + turn, 3 * page));
            chats.add(text);
            var table = pool.open(text.length);
            pool.adopt(table, tree.match("", text, text.length - 1));
            table.grow(text.length - table.length());
            tree.insert("", text, table);
            table.close();
            List<Node> nodes = new ArrayList<>(List.of(Node.of("root")));
            List<Edge> edges = new ArrayList<>();
            draw(tree.root(""), "root", nodes, edges);
            frames.add(Figure.tree("Runs of pages", nodes, edges)
                    .describedAs("Texts with a common beginning share the branch to where they part."));
        }
        lab.figure(Figure.frames("The tree while chats arrive", "chat", frames)
                .describedAs("A text that goes on makes a leaf longer, one that parts splits a run."));
    }

    private static void draw(PrefixTree.Node node, String name, List<Node> nodes, List<Edge> edges) {
        int i = 0;
        for (var child : node.children()) {
            var id = name + "." + i++;
            nodes.add(new Node(id, child.blocks().length + " pages", child.children().isEmpty() ? "leaf" : ""));
            edges.add(Edge.of(name, id));
            draw(child, id, nodes, edges);
        }
    }

    private static int[] ids(LabContext lab, long stream, int n) {
        var rng = lab.rng(stream);
        var ids = new int[n];
        for (int i = 0; i < n; i++) ids[i] = rng.nextInt(64);
        return ids;
    }

    private static int[] joined(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
