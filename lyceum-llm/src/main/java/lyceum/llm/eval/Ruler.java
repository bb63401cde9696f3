package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Questions about long texts that are made up at any length, and that a single look-up does not answer: several needles alike, values that go from name to name, the words
 * that are commonest, facts among others of their kind.
 *
 * {@snippet :
 * var ruler = new Ruler(text -> tokenizer.ids(text).length);
 * var item = ruler.item(Ruler.Task.TRACKING, 4096, Rng.of(1));
 * double[][] scores = ruler.run(reader, new int[] {1024, 4096}, 20, Rng.of(1), Progress.SILENT);   // a row a task
 * }
 *
 * <p>A text with its question has the length asked for or up to one token in a hundred less (at least one), as the tokenizer counts. Immutable.
 *
 * @param count tokens of a text
 * @param needles statements of the kind that is asked for, at least 2
 * @param hops of the chain of names
 * @see <a href="https://arxiv.org/abs/2404.06654">Hsieh et al. (2024), RULER</a>
 */
@Withers
public record Ruler(ToIntFunction<String> count, int needles, int hops) implements RulerWithers {
    private static final String[] FILLER = {"The grass is green.", "The sky is blue.", "The sun is yellow.", "Here we go.",
            "There and back again.", "Nobody was at the mill.", "It rained until noon.", "The road goes on."};
    private static final String[] PADS = {" And so it went on.", " It was late.", " So on.", " Yes.", " a", "."};

    /** What is asked. */
    public enum Task {
        /** One statement of a number. */
        SINGLE,
        /** Statements about many names; one is asked for. */
        MULTI_KEY,
        /** Several numbers of one name; all are asked for. */
        MULTI_VALUE,
        /** A number that goes from variable to variable; all that hold it are asked for. */
        TRACKING,
        /** A list of words; the three that come most often are asked for. */
        COMMON_WORDS,
        /** Words of a made-up language whose counts fall like those of a natural one; the three most frequent are asked for. */
        FREQUENT_WORDS,
        /** A fact, with others of its kind about others. */
        QUESTION
    }

    /** A text that ends in its question. @param answers all of which are wanted, in any order */
    public record Item(Task task, String text, List<String> answers) {}

    /** Answers a text, which ends in its question. */
    @FunctionalInterface
    public interface Reader {
        String answer(String text);
    }

    public Ruler {
        if (needles < 2 || hops < 1) throw new IllegalArgumentException(
                "Ruler: " + needles + " needles, " + hops + " hops; at least 2 of the kind asked for, and 1");
    }

    /** Four needles, three hops. */
    public Ruler(ToIntFunction<String> count) { this(count, 4, 3); }

    /**
     * One text of a length.
     *
     * @throws IllegalArgumentException if what must stand in it is longer
     */
    public Item item(Task task, int tokens, Rng rng) {
        return switch (task) {
            case SINGLE -> stated(task, tokens, rng, 1, 1);
            case MULTI_KEY -> stated(task, tokens, rng, needles, 1);
            case MULTI_VALUE -> stated(task, tokens, rng, 2, needles);
            case TRACKING -> tracked(tokens, rng);
            case COMMON_WORDS, FREQUENT_WORDS -> counted(task, tokens, rng);
            case QUESTION -> asked(tokens, rng);
        };
    }

    /** {@code values} numbers of the name that is asked for, and {@code names - 1} other names with one each. */
    private Item stated(Task task, int tokens, Rng rng, int names, int values) {
        var name = words(names, rng);
        var answers = new TreeSet<String>();
        while (answers.size() < values) answers.add(number(rng));
        var sentences = new ArrayList<String>();
        for (var answer : answers) sentences.add("The number of " + name[0] + " is " + answer + ".");
        for (int n = 1; n < names; n++) sentences.add("The number of " + name[n] + " is " + number(rng) + ".");
        var question = values == 1 ? " Question: The number of " + name[0] + " is" : " Question: All numbers of " + name[0] + " are";
        return new Item(task, filled(shuffled(sentences, rng), question, tokens, rng), List.copyOf(answers));
    }

    /** One chain of the number that is asked for and one of another, each link behind the one before. */
    private Item tracked(int tokens, Rng rng) {
        var name = words(2 * (hops + 1), rng);
        String wanted = number(rng), other = number(rng);
        while (other.equals(wanted)) other = number(rng);
        var sentences = new ArrayList<String>();
        int[] next = {0, 0};
        for (int left = 2 * (hops + 1); left > 0; left--) {
            int chain = next[0] > hops ? 1 : next[1] > hops ? 0 : rng.nextInt(2), at = chain * (hops + 1) + next[chain]++;
            sentences.add("VAR " + name[at] + " = " + (at % (hops + 1) == 0 ? chain == 0 ? wanted : other : name[at - 1]) + ".");
        }
        return new Item(Task.TRACKING, filled(sentences, " Question: The variables that hold " + wanted + " are", tokens, rng),
                List.of(Arrays.copyOf(name, hops + 1)));
    }

    /** Three words come more often than all others, by one at least. */
    private Item counted(Task task, int tokens, Rng rng) {
        boolean zipf = task == Task.FREQUENT_WORDS;
        var question = zipf ? " Question: The three most frequent words of the coded text are"
                : " Question: The three most common words of the list are";
        var begin = zipf ? "Coded text:" : "List:";
        int low = 1, high = 2;
        long seed = rng.nextLong();
        while (fits(list(high, zipf, Rng.of(seed)), begin, question, tokens)) high *= 2;
        if (high == 2) throw tooShort(task, tokens, count.applyAsInt(begin + list(2, zipf, Rng.of(seed)).text + question));
        for (low = high / 2; low + 1 < high;) {
            int middle = (low + high) / 2;
            if (fits(list(middle, zipf, Rng.of(seed)), begin, question, tokens)) low = middle;
            else high = middle;
        }
        var list = list(low, zipf, Rng.of(seed));
        return new Item(task, padded(begin + list.text, question, tokens), list.best);
    }

    private record Counted(String text, List<String> best) {}

    /** The three best {@code size + 2} times or falling to {@code size + 1}; others up to {@code size} times, in even shares or with a tail like {@code 1 / sqrt(rank)}. */
    private static Counted list(int size, boolean zipf, Rng rng) {
        int others = zipf ? 4 * size + 3 : size + 3;
        var words = zipf ? coded(3 + others, rng) : words(3 + others, rng);
        var all = new ArrayList<String>();
        for (int w = 0; w < words.length; w++) {
            int times = w < 3 ? size + (zipf ? 3 - w : 2) : zipf ? Math.max(1, (int) (1.8 * size / Math.sqrt(w + 1))) : 1 + w % size;
            for (int t = 0; t < times; t++) all.add(words[w]);
        }
        var text = new StringBuilder();
        for (var word : shuffled(all, rng)) text.append(' ').append(word);
        return new Counted(text + ".", List.of(Arrays.copyOf(words, 3)));
    }

    private boolean fits(Counted list, String begin, String question, int tokens) {
        return count.applyAsInt(begin + list.text + question) <= tokens;
    }

    /** One name with a town among others with theirs, and other facts about the name. */
    private Item asked(int tokens, Rng rng) {
        var name = words(2 * needles, rng);
        var sentences = new ArrayList<String>();
        for (int n = 0; n < needles; n++) {
            sentences.add("Long ago " + name[n] + " was born in " + name[needles + n] + ".");
            sentences.add("They say that " + name[n] + " never went to " + name[needles + (n + 1) % needles] + ".");
        }
        return new Item(Task.QUESTION, filled(shuffled(sentences, rng), " Question: Where was " + name[0] + " born? Answer:", tokens, rng),
                List.of(name[needles]));
    }

    /** Sentences in their order with filler between at random places, then pads and the question. */
    private String filled(List<String> sentences, String question, int tokens, Rng rng) {
        long seed = rng.nextLong();
        int low = 0, high = 1;
        if (count.applyAsInt(joined(sentences, 0, seed) + question) > tokens)
            throw tooShort(null, tokens, count.applyAsInt(joined(sentences, 0, seed) + question));
        while (count.applyAsInt(joined(sentences, high, seed) + question) <= tokens) high *= 2;
        for (low = high / 2; low + 1 < high;) {
            int middle = (low + high) / 2;
            if (count.applyAsInt(joined(sentences, middle, seed) + question) <= tokens) low = middle;
            else high = middle;
        }
        return padded(joined(sentences, low, seed), question, tokens);
    }

    private static String joined(List<String> sentences, int filler, long seed) {
        var rng = Rng.of(seed);
        int[] places = rng.sample(filler + sentences.size(), sentences.size());
        Arrays.sort(places);
        var text = new StringBuilder("Text:");
        for (int i = 0, s = 0; i < filler + sentences.size(); i++)
            text.append(' ').append(s < places.length && places[s] == i ? sentences.get(s++) : FILLER[rng.nextInt(FILLER.length)]);
        return text.toString();
    }

    /** The longest pads that fit, in turn; one that costs nothing would never end. */
    private String padded(String text, String question, int tokens) {
        int length = count.applyAsInt(text + question);
        for (var pad : PADS) for (boolean fits = true; fits;) {
            int longer = count.applyAsInt(text + pad + question);
            fits = longer > length && longer <= tokens;
            if (fits) text += pad;
            if (fits) length = longer;
        }
        return text + question;
    }

    private static IllegalArgumentException tooShort(Task task, int tokens, int needed) {
        return new IllegalArgumentException(
                "Ruler: " + tokens + " tokens" + (task == null ? "" : " for " + task) + "; what must stand there has " + needed);
    }

    private static String number(Rng rng) { return String.valueOf(100_000 + rng.nextInt(900_000)); }

    /** Different words of four letters that can be spoken. */
    private static String[] words(int count, Rng rng) { return invented(count, rng, "bdfgklmnprstvz", "aeiou"); }

    private static String[] coded(int count, Rng rng) { return invented(count, rng, "cdhjkqrtwx", "bcdghk"); }

    private static String[] invented(int count, Rng rng, String first, String second) {
        var words = new TreeSet<String>();
        var ordered = new ArrayList<String>();
        int length = 4;
        for (int tries = 0; ordered.size() < count; tries++) {
            if (tries > 20 * count) length = 6; // four letters are used up
            var word = new StringBuilder();
            for (int i = 0; i < length; i++) {
                var letters = i % 2 == 0 ? first : second;
                word.append(letters.charAt(rng.nextInt(letters.length())));
            }
            if (words.add(word.toString())) ordered.add(word.toString());
        }
        return ordered.toArray(String[]::new);
    }

    private static List<String> shuffled(List<String> all, Rng rng) {
        return Arrays.stream(rng.permutation(all.size())).mapToObj(all::get).toList();
    }

    /** Share of the wanted answers that stand in what was answered: as RULER counts. */
    public static double score(Item item, String answer) {
        return item.answers.stream().filter(answer::contains).count() / (double) item.answers.size();
    }

    /** Mean scores of each task, a row, at each length. */
    public double[][] run(Reader reader, int[] lengths, int trials, Rng rng, Progress progress) {
        if (trials < 1) throw new IllegalArgumentException("Ruler.run: " + trials + " trials; at least 1");
        var scores = new double[Task.values().length][lengths.length];
        for (var task : Task.values()) for (int l = 0; l < lengths.length; l++) {
            for (int t = 0; t < trials; t++) {
                var item = item(task, lengths[l], rng.split(((long) task.ordinal() * lengths.length + l) * trials + t));
                scores[task.ordinal()][l] += score(item, reader.answer(item.text)) / trials;
            }
            progress.step("ruler", (long) task.ordinal() * lengths.length + l + 1, (long) scores.length * lengths.length, "score",
                    scores[task.ordinal()][l]);
        }
        return scores;
    }
}
