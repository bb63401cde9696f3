package lyceum.studio.web.view;

import java.util.List;

/**
 * A reading order to a goal.
 *
 * @param query       what the reader typed as a goal
 * @param goal        the topic it means, or null
 * @param steps       topics in reading order, the goal last
 * @param known       topics the reader knows, which lie on the way
 * @param suggestions goals to start from
 * @param nearest     topics with a name near the query where no goal was found
 * @param options     titles of all topics, for completion
 */
public record PathsView(String query, TopicLink goal, List<TopicRow> steps, List<TopicLink> known, List<Suggestion> suggestions,
        List<TopicLink> nearest, List<String> options) {

    public record Suggestion(String slug, String title, int steps, String summary) {}
}
