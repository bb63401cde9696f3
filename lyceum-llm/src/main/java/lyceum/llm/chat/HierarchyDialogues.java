package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.random.Rng;

/**
 * Dialogues that teach a model whose words count: a system asks for one style of answers, a user perhaps for another, and the answer keeps to the system's. The same
 * dialogues with conflicts answered in the user's style are the control: what a model learns that is taught the other order, or none.
 *
 * {@snippet :
 * var styles = List.of(new HierarchyDialogues.Style("upper case", s -> s.toUpperCase(Locale.ROOT)), new HierarchyDialogues.Style("brackets", s -> "[" + s + "]"));
 * var dialogues = new HierarchyDialogues(styles, 0.5, true).draw(500, questions, Rng.of(1));
 * }
 *
 * @param styles of answers, at least two
 * @param conflicts share of the dialogues in which the user asks for another style than the system
 * @param systemWins whether conflicts are answered in the system's style
 * @see <a href="https://arxiv.org/abs/2404.13208">Wallace et al. (2024): The Instruction Hierarchy</a>
 */
public record HierarchyDialogues(List<Style> styles, double conflicts, boolean systemWins) {
    /** @param name as system and user say it @param of an answer in that style */
    public record Style(String name, UnaryOperator<String> of) {}

    /** A question and its plain answer. */
    public record Question(String text, String answer) {}

    /** @param system the system's style @param user the user's */
    public record Dialogue(List<ChatMessage> messages, Style system, Style user, String plainAnswer) {
        /** Without the answer. */
        public List<ChatMessage> asked() { return messages.subList(0, messages.size() - 1); }
    }

    public HierarchyDialogues {
        styles = List.copyOf(styles);
        if (styles.size() < 2 || !(conflicts >= 0 && conflicts <= 1)) throw new IllegalArgumentException("HierarchyDialogues: "
                + styles.size() + " styles and a share of conflicts of " + conflicts + "; at least two, and a share in [0, 1]");
    }

    /** Dialogues about questions drawn from a list. */
    public List<Dialogue> draw(int count, List<Question> questions, Rng rng) {
        var all = new ArrayList<Dialogue>();
        for (int i = 0; i < count; i++) {
            var question = questions.get(rng.nextInt(questions.size()));
            var system = styles.get(rng.nextInt(styles.size()));
            var user = system;
            if (rng.nextDouble() < conflicts) while (user == system) user = styles.get(rng.nextInt(styles.size()));
            var answer = (systemWins ? system : user).of.apply(question.answer);
            all.add(new Dialogue(
                    List.of(ChatMessage.system("Answer in " + system.name + "."),
                            ChatMessage.user("In " + user.name + ": " + question.text), ChatMessage.assistant(answer)),
                    system, user, question.answer));
        }
        return all;
    }
}
