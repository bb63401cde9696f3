package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Embedding;
import lyceum.nn.Layer;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Hinton's two families of one shape: 24 people, 12 relations, 112 facts that answer 104 questions (person, relation), some with more answers than one. Persons 0
 * to 11 are English, 12 to 23 their Italian counterparts.
 *
 * @see <a href="https://www.cs.toronto.edu/~hinton/absps/families.pdf">Hinton (1986), Learning distributed representations of concepts</a>
 */
public final class FamilyTrees {
    /** By number. */
    public static final List<String> PEOPLE = List.of("Christopher", "Penelope", "Andrew", "Christine", "Arthur", "Margaret", "James",
            "Victoria", "Charles", "Jennifer", "Colin", "Charlotte", "Roberto", "Maria", "Pierro", "Francesca", "Emilio", "Gina", "Marco",
            "Lucia", "Tomaso", "Angela", "Alfonso", "Sophia");
    private static final int FAMILY = 12;
    /** Husbands stand before their wives; -1 for none. */
    private static final int[] FATHER = {-1, -1, -1, -1, 0, -1, 2, 0, -1, 2, 6, 6}, SPOUSE = {1, 0, 3, 2, 5, 4, 7, 6, 9, 8, -1, -1};

    /** What is asked. */
    public enum Relation {
        FATHER, MOTHER, HUSBAND, WIFE, SON, DAUGHTER, UNCLE, AUNT, BROTHER, SISTER, NEPHEW, NIECE
    }

    /**
     * Who is the relation of this person?
     *
     * @param person a number below 24
     * @param answers all that are right, ascending
     */
    public record Query(int person, Relation relation, int[] answers) {
        public boolean isAnsweredBy(int person) {
            for (int answer : answers) if (answer == person) return true;
            return false;
        }

        @Override public String toString() { return PEOPLE.get(person) + "'s " + relation.name().toLowerCase(Locale.ROOT); }
    }

    private FamilyTrees() {}

    /** All 104, by person and relation. */
    public static List<Query> queries() {
        var all = new ArrayList<Query>();
        for (int person = 0; person < PEOPLE.size(); person++) for (var relation : Relation.values()) {
            int family = person / FAMILY * FAMILY, at = person % FAMILY;
            var answers = new ArrayList<Integer>();
            for (int other = 0; other < FAMILY; other++) if (holds(other, relation, at)) answers.add(family + other);
            if (!answers.isEmpty()) all.add(new Query(person, relation, answers.stream().mapToInt(Integer::intValue).toArray()));
        }
        return List.copyOf(all);
    }

    /** Whether {@code other} is the relation of {@code person}, within one family. */
    private static boolean holds(int other, Relation relation, int person) {
        boolean man = isMan(other);
        return switch (relation) {
            case FATHER, MOTHER -> man == (relation == Relation.FATHER) && isParent(other, person);
            case HUSBAND, WIFE -> man == (relation == Relation.HUSBAND) && SPOUSE[person] == other;
            case SON, DAUGHTER -> man == (relation == Relation.SON) && isParent(person, other);
            case BROTHER, SISTER -> man == (relation == Relation.BROTHER) && areSiblings(person, other);
            case UNCLE, AUNT -> man == (relation == Relation.UNCLE) && isUncleOrAunt(other, person);
            case NEPHEW, NIECE -> man == (relation == Relation.NEPHEW) && isUncleOrAunt(person, other);
        };
    }

    private static boolean isMan(int person) { return person % 2 == 0; }

    private static boolean isParent(int parent, int child) {
        return FATHER[child] >= 0 && (FATHER[child] == parent || SPOUSE[FATHER[child]] == parent);
    }

    private static boolean areSiblings(int a, int b) { return a != b && FATHER[a] >= 0 && FATHER[a] == FATHER[b]; }

    /** Also by marriage, as Hinton has it. */
    private static boolean isUncleOrAunt(int elder, int child) {
        for (int parent = 0; parent < FAMILY; parent++)
            if (isParent(parent, child) && (areSiblings(elder, parent) || SPOUSE[elder] >= 0 && areSiblings(SPOUSE[elder], parent)))
                return true;
        return false;
    }

    /** 0 for English, 1 for Italian, of each person. */
    public static int[] nationality() {
        var of = new int[PEOPLE.size()];
        for (int person = 0; person < of.length; person++) of[person] = person / FAMILY;
        return of;
    }

    /** 0 for grandparents, 1 for their children and who married them, 2 for grandchildren, of each person. */
    public static int[] generation() {
        var of = new int[PEOPLE.size()];
        for (int person = 0; person < of.length; person++) {
            int at = person % FAMILY;
            of[person] = at < 4 ? 0 : at < 10 ? 1 : 2;
        }
        return of;
    }

    /** Queries as training data: x (n, 2) the numbers of person and relation, I64; y (n, 24) the answers, which share the probability alike, F32. */
    public static Dataset dataset(List<Query> queries) {
        var x = new long[2 * queries.size()];
        var y = new float[PEOPLE.size() * queries.size()];
        for (int i = 0; i < queries.size(); i++) {
            var query = queries.get(i);
            x[2 * i] = query.person();
            x[2 * i + 1] = query.relation().ordinal();
            for (int answer : query.answers()) y[PEOPLE.size() * i + answer] = 1f / query.answers().length;
        }
        return Dataset.of(Tensor.of(x, queries.size(), 2), Tensor.of(y, queries.size(), PEOPLE.size()));
    }

    /** The local alternative: a unit of its own for each of the 288 pairs of person and relation, in front of the answers. What it learns of one question says nothing about another. */
    public static Sequential localTable(Rng rng) {
        int relations = Relation.values().length;
        return new Sequential(Layer.of(x -> x.select(1, 0).mul((long) relations).add(x.select(1, 1))),
                new Embedding(PEOPLE.size() * relations, PEOPLE.size(), rng));
    }

    /** The answer of a network that takes (n, 2) to scores (n, 24), to each query. */
    public static int[] answers(Layer network, List<Query> queries) {
        return Autograd.noGrad(() -> network.forward(dataset(queries).x()).argmax(1).toIntArray());
    }

    /** How many queries are answered by anybody who is right. */
    public static int right(Layer network, List<Query> queries) {
        int[] answers = answers(network, queries);
        int right = 0;
        for (int i = 0; i < answers.length; i++) if (queries.get(i).isAnsweredBy(answers[i])) right++;
        return right;
    }
}
