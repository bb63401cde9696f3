package lyceum.labs.catalogue;

import java.util.List;

/**
 * A topic of the catalogue.
 *
 * @param number  1 to 757, as the catalogue counts
 * @param title   exact
 * @param slug    its name in URLs and on the command line
 * @param kind    algorithm, concept, data, history, metric, model, system, technique or theory
 * @param module  the module that realises it, without the {@code lyceum-}
 * @param area    where a person would look for it: {@code Optimisation}
 * @param level   beginner, practitioner or researcher
 * @param summary what it is and what it is for, in one or two sentences
 * @param aliases abbreviations, other names, symbols
 * @param needs   slugs of topics to read first; the graph has no cycle
 * @param related slugs of topics nearby
 * @param clauses when it counts as working; clause 1 is the first
 */
public record Topic(int number, String title, String slug, String kind, String module, String area, String level, String summary,
        List<String> aliases, List<String> needs, List<String> related, List<String> clauses) {

    /** Copies the lists. */
    public Topic {
        aliases = List.copyOf(aliases);
        needs = List.copyOf(needs);
        related = List.copyOf(related);
        clauses = List.copyOf(clauses);
    }

    /** The text of clause {@code number}, from 1. */
    public String clause(int number) {
        if (number < 1 || number > clauses.size()) {
            throw new IllegalArgumentException(slug + " has no clause " + number + "; it has " + clauses.size());
        }
        return clauses.get(number - 1);
    }
}
