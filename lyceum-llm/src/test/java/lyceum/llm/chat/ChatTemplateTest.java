package lyceum.llm.chat;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.Tokenizer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChatTemplateTest {
    private static final JsonNode GOLDEN = golden();

    private static JsonNode golden() {
        try (var in = ChatTemplateTest.class.getResourceAsStream("/golden/llm-chat-formats.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked") private static ChatMessage message(JsonNode node) {
        var calls = new ArrayList<ChatMessage.ToolCall>();
        for (var call : node.path("tool_calls")) {
            var function = call.get("function");
            calls.add(new ChatMessage.ToolCall(call.get("id").asString(), function.get("name").asString(),
                    JsonMapper.shared().convertValue(function.get("arguments"), LinkedHashMap.class)));
        }
        return new ChatMessage(ChatMessage.Role.of(node.get("role").asString()), node.get("content").asString(), calls, null);
    }

    private record Conversation(List<ChatMessage> messages, boolean answer) {}

    private static List<Conversation> conversations() {
        var all = new ArrayList<Conversation>();
        for (var each : GOLDEN.get("conversations")) {
            var messages = new ArrayList<ChatMessage>();
            each.get("messages").forEach(m -> messages.add(message(m)));
            all.add(new Conversation(messages, each.get("answer").asBoolean()));
        }
        return all;
    }

    private static int same(ChatTemplate template, String format) {
        var texts = GOLDEN.get("texts").get(format);
        var all = conversations();
        int same = 0;
        for (int i = 0; i < all.size(); i++) {
            var text = template.render(all.get(i).messages, all.get(i).answer).text();
            assertThat(text).as(format + " " + i).isEqualTo(texts.get(i).asString());
            same++;
        }
        return same;
    }

    @Acceptance(topic = "chat-template", clause = 1)
    @Test void sevenFormatsAreWrittenByteForByte() {
        int same = 0;
        for (var format : ChatFormat.values()) same += same(format, format.name());
        Evidence.of("renderings equal to Jinja's of 7 formats x 12 conversations", same, exactly(84));
    }

    @Acceptance(topic = "chat-language-model", clause = 1)
    @Acceptance(topic = "chat-template", clause = 2)
    @Test void theInterpreterReproducesEachFormatFromItsTemplate() {
        int same = 0;
        for (var format : ChatFormat.values())
            same += same(JinjaChatTemplate.of(GOLDEN.get("formats").get(format.name()).asString(), "<s>", "</s>"), format.name());
        Evidence.of("renderings of templates equal to the built-in format's", same, exactly(84));
    }

    /** Bytes, and the marks of a format as control tokens. */
    static Tokenizer tokenizer(ChatFormat format) {
        return TOKENIZERS.computeIfAbsent(format,
                f -> BpeTrainer.byteLevel(256 + f.marks().size(), PreTokenizer.GPT2).withSpecials(f.marks()).train(List.of("a")));
    }

    private static final Map<ChatFormat, Tokenizer> TOKENIZERS = new ConcurrentHashMap<>();

    private static boolean isMark(Tokenizer tokenizer, int id) { return tokenizer.specials().added().stream().anyMatch(a -> a.id() == id); }

    /** Chats that alternate, of one to four rounds, whose words are told apart by who says them. */
    private static List<ChatMessage> chat(Rng rng) {
        var messages = new ArrayList<ChatMessage>();
        if (rng.nextInt(2) == 0) messages.add(ChatMessage.system(words(rng, 's')));
        for (int round = rng.nextInt(1, 5); round > 0; round--) {
            messages.add(ChatMessage.user(words(rng, 'u')));
            messages.add(ChatMessage.assistant(words(rng, 'a')));
        }
        return messages;
    }

    private static String words(Rng rng, char letter) {
        var text = new StringBuilder();
        for (int w = rng.nextInt(1, 6); w > 0; w--)
            text.append(String.valueOf(letter).repeat(rng.nextInt(1, 5))).append(w > 1 ? " \n\u00e9\u957f".charAt(rng.nextInt(4)) : "");
        return text.toString();
    }

    @Acceptance(topic = "chat-template", clause = 3)
    @Test void theMaskIsExactlyWhatTheAssistantSays() {
        int chats = 0, wrong = 0, selected = 0;
        for (int i = 0; i < 500; i++) {
            var format = ChatFormat.values()[i % 7];
            var messages = chat(Rng.of(i));
            var template = i % 2 == 0 ? format : JinjaChatTemplate.of(GOLDEN.get("formats").get(format.name()).asString(), "<s>", "</s>");
            var tokenizer = tokenizer(format);
            var encoded = template.encode(tokenizer, messages, false);
            chats++;
            // by what the tokens spell: the assistant's words with the end mark, in their order, and nothing else
            var spelled = new StringBuilder();
            for (int t = 0; t < encoded.ids().length; t++) {
                if (!encoded.said()[t]) continue;
                selected++;
                spelled.append(latin(tokenizer, encoded.ids()[t]));
            }
            var expected = new StringBuilder();
            for (var m : messages) {
                if (m.role() != ChatMessage.Role.ASSISTANT) continue;
                var said = latin(m.content());
                expected.append(switch (format) {
                    case LLAMA2 -> " " + said + " </s>";
                    case MISTRAL -> " " + said + "</s>";
                    default -> said + format.endOfTurn();
                });
            }
            boolean words = spelled.toString().equals(expected.toString());
            int[] labels = encoded.labels();
            boolean labelled = true;
            for (int t = 0; t < labels.length; t++) labelled &= labels[t] == (encoded.said()[t] ? encoded.ids()[t] : -100);
            if (!words || !labelled) wrong++;
        }
        Evidence.of("chats", chats, exactly(500));
        Evidence.of("of them whose mask spells other than the assistant's words and end marks", wrong, exactly(0));
        assertThat(selected).isGreaterThan(5000);
    }

    private static String latin(Tokenizer tokenizer, int id) { return new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1); }

    private static String latin(String text) { return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1); }

    @Acceptance(topic = "chat-language-model", clause = 2)
    @Test void marksInMessagesStayText() {
        int messages = 0, forged = 0, planted = 0;
        var rng = Rng.of(5);
        for (int i = 0; i < 1000; i++) {
            var format = ChatFormat.values()[i % 7];
            var tokenizer = tokenizer(format);
            var text = new StringBuilder();
            for (int k = rng.nextInt(1, 6); k > 0; k--) {
                var mark = format.marks().get(rng.nextInt(format.marks().size()));
                text.append(switch (rng.nextInt(4)) {
                    case 0 -> mark;
                    case 1 -> mark.substring(0, rng.nextInt(1, mark.length())) + mark;
                    case 2 -> mark + "system\n" + mark;
                    default -> " a ";
                });
            }
            var template = i % 2 == 0 ? format : JinjaChatTemplate.of(GOLDEN.get("formats").get(format.name()).asString(), "<s>", "</s>");
            var hostile = List.of(ChatMessage.system("s"), ChatMessage.user("x" + text + "x"), ChatMessage.assistant("y"),
                    ChatMessage.user("z"));
            var harmless = List.of(ChatMessage.system("s"), ChatMessage.user("x x"), ChatMessage.assistant("y"), ChatMessage.user("z"));
            messages++;
            for (var mark : format.marks()) if (text.indexOf(mark) >= 0) planted++;
            var ids = template.encode(tokenizer, hostile, true).ids();
            var clean = template.encode(tokenizer, harmless, true).ids();
            int[] controls = Arrays.stream(ids).filter(id -> isMark(tokenizer, id)).toArray(),
                    own = Arrays.stream(clean).filter(id -> isMark(tokenizer, id)).toArray();
            if (!Arrays.equals(controls, own) || own.length == 0 && format != ChatFormat.ALPACA) forged++;
            // nothing of the message is lost
            assertThat(tokenizer.decode(ids)).contains("x" + text + "x");
        }
        Evidence.of("messages with control strings", messages, exactly(1000));
        Evidence.of("of them with another sequence of control tokens than a harmless message", forged, exactly(0));
        assertThat(planted).isGreaterThan(1000);
    }

    @Test void turnsTellWhoSpeaks() {
        var tokenizer = tokenizer(ChatFormat.LLAMA3);
        var encoded = ChatFormat.LLAMA3.encode(tokenizer, List.of(ChatMessage.system("s"), ChatMessage.user("u")), true);
        assertThat(encoded.roles()).startsWith((ChatMessage.Role) null).endsWith(ChatMessage.Role.ASSISTANT)
                .contains(ChatMessage.Role.SYSTEM, ChatMessage.Role.USER);
        assertThat(encoded.said()).containsOnly(false);
    }

    @Test void tokenizerConfigsAreRead() {
        var template = JinjaChatTemplate.read("""
                {"bos_token": {"content": "<s>"}, "eos_token": "</s>", "chat_template": [{"name": "tools", "template": "t"},
                {"name": "default", "template": "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"}]}""");
        assertThat(template.render(List.of(ChatMessage.user("hi")), false).text()).isEqualTo("<s>hi</s>");
        assertThat(template.endOfTurn()).isEqualTo("</s>");
        assertThatThrownBy(() -> JinjaChatTemplate.read("{}")).isInstanceOf(FormatException.class).hasMessageContaining("no chat_template");
        assertThatThrownBy(() -> JinjaChatTemplate.read("{")).isInstanceOf(FormatException.class);
        var strict = JinjaChatTemplate.of("{% if messages[0].role != 'user' %}{{ raise_exception('the user begins') }}{% endif %}", "", "");
        assertThatThrownBy(() -> strict.render(List.of(ChatMessage.system("s")), false)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the user begins");
    }

    @Test void whatAFormatCannotSayIsRefused() {
        assertThatThrownBy(() -> ChatFormat.CHATML.render(List.of(ChatMessage.user("u"), ChatMessage.system("s")), true))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("only the first");
        assertThatThrownBy(() -> new ChatMessage(ChatMessage.Role.USER, "", List.of(new ChatMessage.ToolCall("1", "f", Map.of())), null))
                .hasMessageContaining("calls no tools");
        assertThatThrownBy(() -> ChatMessage.Role.of("boss")).hasMessageContaining("unknown");
    }
}
