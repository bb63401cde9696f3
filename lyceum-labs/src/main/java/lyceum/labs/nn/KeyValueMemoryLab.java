package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Init;
import lyceum.nn.KeyValueMemory;
import lyceum.nn.KeyValueMemoryConfig;
import lyceum.nn.Pass;
import lyceum.nn.SlotIndex;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Films, who directed them and who starred in them: a question finds its slots by words, weighs them, and reads an answer. */
@Lab(topics = "key-value-memory", title = "Find it by one thing, answer with another")
final class KeyValueMemoryLab implements LabBody {
    private static final String[] FILMS = {"Blade Runner", "Alien", "Metropolis", "Casablanca", "Vertigo", "Psycho", "Solaris", "Stalker"};
    private static final String[] RELATIONS = {"directed by", "starring", "made in"};
    private static final String[][] ANSWERS = {{"Ridley Scott", "Harrison Ford", "1982"}, {"Ridley Scott", "Sigourney Weaver", "1979"},
            {"Fritz Lang", "Brigitte Helm", "1927"}, {"Michael Curtiz", "Humphrey Bogart", "1942"},
            {"Alfred Hitchcock", "James Stewart", "1958"}, {"Alfred Hitchcock", "Anthony Perkins", "1960"},
            {"Andrei Tarkovsky", "Donatas Banionis", "1972"}, {"Andrei Tarkovsky", "Alexander Kaidanovsky", "1979"}};

    @Override public void run(LabContext lab) {
        int hops = lab.param("hops", 2, 1, 4), width = lab.param("width", 24, 4, 128), steps = lab.param("steps", 150, 10, 2000);
        String film = lab.choice("film", "Blade Runner", FILMS), relation = lab.choice("relation", "directed by", RELATIONS);
        var names = Arrays.stream(ANSWERS).flatMap(Arrays::stream).distinct().toList();
        int slots = FILMS.length * RELATIONS.length, words = FILMS.length + RELATIONS.length;
        long[] keys = new long[2 * slots], values = new long[slots], right = new long[slots];
        var labels = new String[slots];
        for (int f = 0; f < FILMS.length; f++) for (int r = 0; r < RELATIONS.length; r++) {
            int slot = f * RELATIONS.length + r;
            keys[2 * slot] = f;
            keys[2 * slot + 1] = FILMS.length + r;
            right[slot] = names.indexOf(ANSWERS[f][r]);
            values[slot] = words + right[slot];
            labels[slot] = FILMS[f] + ", " + RELATIONS[r];
        }
        Tensor key = Tensor.of(keys, slots, 2), value = Tensor.of(values, slots, 1);
        var memory = new KeyValueMemory(new KeyValueMemoryConfig(words + names.size(), names.size(), width).withHops(hops)
                .withTables(KeyValueMemoryConfig.Tables.QUESTIONS_AS_KEYS).withInit(Init.normal(0.4)), lab.rng(1));
        var optimizer = new Adam(0.02).over(memory.parameters());
        var losses = new double[steps];
        for (int step : lab.progress("steps", steps)) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var loss = Loss.crossEntropy(memory.answer(key, memory.slots(key, value), null, Pass.inference()).logits(),
                        Tensor.of(right));
                losses[step] = loss.item();
                loss.backward();
                optimizer.step();
            }
        }
        int asked = List.of(FILMS).indexOf(film) * RELATIONS.length + List.of(RELATIONS).indexOf(relation);
        var index = SlotIndex.of(key, -1, FILMS.length - 1); // every film has a director: that word finds nothing
        var candidates = index.candidates(key);
        var answer = memory.answer(key, memory.slots(key, value), candidates, Pass.inference());
        var rows = new ArrayList<List<Object>>();
        var top = new double[hops];
        for (int h = 0; h < hops; h++) {
            double[] weights = answer.weights().get(h).get(asked).toDoubleArray();
            long[] found = candidates.slots().get(asked).toLongArray();
            Integer[] order = {0, 1, 2};
            Arrays.sort(order, Comparator.comparingDouble(i -> -weights[i]));
            top[h] = weights[order[0]];
            for (int i : order)
                rows.add(List.of(h + 1, labels[(int) found[i]], names.get((int) right[(int) found[i]]),
                        Math.round(weights[i] * 1000) / 1000.0));
        }
        int said = (int) answer.logits().get(asked).argmax().item();
        lab.table(film + ", " + relation + "?", List.of("hop", "key", "value", "weight"), rows);
        lab.figure(Figure.plot("Learning to answer " + slots + " questions").line("all", 0, losses).axes("step", "cross-entropy")
                .describedAs("The loss over all questions; nobody says which slot is the right one."));
        lab.figure(Figure
                .heatmap("Which slot each question looks at in the last hop, before pre-selection",
                        memory.answer(key, memory.slots(key, value), null, Pass.inference()).weights().getLast())
                .axes("slot", "question")
                .describedAs("Each row is a question and its weights over all slots: the diagonal is the slot of that very fact."));
        lab.say("The index left %d of %d slots to look at. The answer read from the values: %s.", candidates.slots().size(1), slots,
                names.get(said));
        lab.shows("share of questions answered right", answer.logits().argmax(-1).eq(Tensor.of(right)).to(DType.F64).mean().item(),
                atLeast(0.9));
        lab.shows("share of questions whose slot was pre-selected", candidates.recall(Tensor.arange(slots).toIntArray()), exactly(1));
    }
}
