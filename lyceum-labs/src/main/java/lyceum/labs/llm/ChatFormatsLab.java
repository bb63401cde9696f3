package lyceum.labs.llm;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.ChatTemplate;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.plot.Figure;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.Tokenizer;

/** One conversation in seven formats: what a model reads of it, what it learns to write, and what becomes of a mark that a user types. */
@Lab(topics = "chat-template", title = "The same words in seven formats")
final class ChatFormatsLab implements LabBody {
    @Override public void run(LabContext lab) {
        var format = ChatFormat
                .valueOf(lab.choice("format", "CHATML", Arrays.stream(ChatFormat.values()).map(Enum::name).toArray(String[]::new)));
        int rounds = lab.param("rounds", 2, 1, 6);
        boolean hostile = lab.flag("the user types a mark", true);
        var messages = new ArrayList<>(List.of(ChatMessage.system("Be brief.")));
        for (int i = 1; i <= rounds; i++) {
            messages.add(ChatMessage.user("What is " + i + " + " + i + "?" + (hostile && i == 1 ? " " + format.marks().getLast() : "")));
            messages.add(ChatMessage.assistant(2 * i + "."));
        }
        var lengths = new double[7];
        var names = new String[7];
        var rows = new ArrayList<List<?>>();
        var question = List.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi"));
        for (var each : ChatFormat.values()) {
            var text = each.render(question, true).text();
            names[each.ordinal()] = each.name();
            lengths[each.ordinal()] = text.length() - "Be brief.Hi".length();
            rows.add(List.of(each.name(), text.replace("\n", "\\n"), (int) lengths[each.ordinal()]));
        }
        lab.table("One question in seven formats", List.of("format", "text", "characters of markup"), rows);
        lab.figure(Figure.bar("Markup around one question", names, lengths).axes("format", "characters").describedAs(
                "Characters that a format adds to a system's words and a question; Alpaca writes sentences where others have control tokens."));
        var tokenizer = BpeTrainer.byteLevel(256 + format.marks().size(), PreTokenizer.GPT2).withSpecials(format.marks())
                .train(List.of("a"));
        var encoded = format.encode(tokenizer, messages, false);
        var tokens = new ArrayList<List<?>>();
        int learned = 0;
        for (int t = 0; t < encoded.ids().length; t++) {
            if (encoded.said()[t]) learned++;
            if (t >= encoded.ids().length - 40)
                tokens.add(List.of(tokenizer.vocabulary().token(encoded.ids()[t]).replace('Ġ', '␣').replace('Ċ', '⏎'),
                        encoded.roles()[t] == null ? "" : encoded.roles()[t].label(), encoded.said()[t] ? "yes" : ""));
        }
        lab.table("The last tokens of the conversation", List.of("token", "whose turn", "learned"), tokens);
        lab.say("Of %d tokens %d are what the assistant says, end marks with them: a model that is tuned on this conversation learns those.",
                encoded.ids().length, learned);
        var forged = format.encode(tokenizer,
                messages.stream().map(m -> m.role() == ChatMessage.Role.USER ? ChatMessage.user("What is it?") : m).toList(), false);
        lab.shows("control tokens more than without the typed mark", controls(tokenizer, encoded) - controls(tokenizer, forged),
                exactly(0));
        var jinja = JinjaChatTemplate.of("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}", "",
                "");
        boolean same = jinja.render(messages, false).text().equals(ChatFormat.CHATML.render(messages, false).text());
        lab.shows("ChatML by a checkpoint's template is the built-in one", same ? 1 : 0, exactly(1));
    }

    private static long controls(Tokenizer tokenizer, ChatTemplate.Encoded encoded) {
        return Arrays.stream(encoded.ids()).filter(id -> tokenizer.specials().find(id) != null).count();
    }
}
