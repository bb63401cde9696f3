package lyceum.data.curation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import lyceum.data.corpus.LanguageId;
import lyceum.data.corpus.Words;
import lyceum.data.curation.Conversation.Message;
import lyceum.data.curation.Conversation.Role;

/** Looks for what is wrong with conversations. Heuristics for answers in prose: read what they find before it is dropped. Safe to share between threads. */
public final class ConversationCheck {
    private static final Pattern REFUSAL = Pattern.compile(
            "^\\W*(?:(?:i'?m |i am )?(?:very |so |really )?sorry,? (?:but )?(?:i|as|that|this|it)\\b"
                    + "|unfortunately,? (?:i (?:cannot|can't|can not|am unable|am not able|won't)|as an ai)"
                    + "|as an? (?:ai|artificial|large language|language) (?:model|assistant|intelligence|language)"
                    + "|i (?:cannot|can't|can not|am unable to|am not able to|won't) (?:help|assist|fulfil|fulfill|comply|provide|answer|generate|do that))",
            Pattern.CASE_INSENSITIVE),
            MOJIBAKE = Pattern.compile("\uFFFD|[\u00C2\u00C3][\u0080-\u00BF]|\u00E2\u20AC"),
            TRANSLATION = Pattern.compile(
                    "\\btranslat(?:e|es|ion|ing)\\b|\\b(?:in|into|to|auf|en) (?:english|german|french|spanish|italian|dutch|portuguese|polish|deutsch|fran\u00E7ais|espa\u00F1ol)\\b",
                    Pattern.CASE_INSENSITIVE);
    private static final String ENDS = ".!?:;)]}\"'`*>|\u2026\u201D\u2019\u00BB$";
    private static final int BRIEF = 8, LOOP = 4;
    private static final double MARGIN = 0.15;

    /** What can be wrong. */
    public enum Defect {
        /** An answer without a word. */
        EMPTY_ANSWER,
        /** An answer of eight words or more that ends within a sentence or a block of code. */
        CUT_OFF_ANSWER,
        /** Two turns of one role in a row, a system message that is not first, or an assistant who begins. */
        ROLE_ORDER,
        /** The last word is not the assistant's: there is nothing to learn. */
        NO_ANSWER,
        /** The model that wrote the answers declined. */
        REFUSAL,
        /** The answer is in another language than the question, which asks for no translation. */
        WRONG_LANGUAGE,
        /** The same sentence or run of words again and again. */
        LOOP,
        /** Bytes read in a wrong encoding. */
        ENCODING
    }

    /** A defect and where it shows. */
    public record Finding(Defect defect, String detail) {}

    private final LanguageId languages = LanguageId.bundled();

    /** All that is wrong with a conversation; empty where nothing was found. */
    public List<Finding> check(Conversation conversation) {
        var findings = new ArrayList<Finding>();
        order(conversation.messages(), findings);
        var question = "";
        for (int i = 0; i < conversation.messages().size(); i++) {
            var message = conversation.messages().get(i);
            if (MOJIBAKE.matcher(message.content()).find()) findings.add(new Finding(Defect.ENCODING, "message " + i));
            if (message.role() == Role.USER) question = message.content();
            if (message.role() == Role.ASSISTANT) answer(message.content(), question, i, findings);
        }
        return findings;
    }

    private static void order(List<Message> messages, List<Finding> findings) {
        if (messages.isEmpty() || messages.getLast().role() != Role.ASSISTANT) findings.add(new Finding(Defect.NO_ANSWER,
                messages.isEmpty() ? "no message" : "the last message is the " + messages.getLast().role().label() + "'s"));
        Role before = null;
        for (int i = 0; i < messages.size(); i++) {
            var role = messages.get(i).role();
            boolean misplaced = role == Role.SYSTEM ? i > 0 : role == Role.ASSISTANT ? before == null || before == Role.SYSTEM
                    : role == Role.TOOL && before != Role.ASSISTANT && before != Role.TOOL;
            if (misplaced || role == before && role != Role.TOOL) {
                findings.add(new Finding(Defect.ROLE_ORDER,
                        "message " + i + " is the " + role.label() + "'s" + (before == null ? "" : " after the " + before.label() + "'s")));
                return;
            }
            before = role;
        }
    }

    private void answer(String answer, String question, int i, List<Finding> findings) {
        var words = Words.of(answer);
        if (answer.isBlank()) {
            findings.add(new Finding(Defect.EMPTY_ANSWER, "message " + i));
            return;
        }
        if (REFUSAL.matcher(answer).find()) findings.add(new Finding(Defect.REFUSAL, "message " + i));
        if (isCutOff(answer.strip(), words.count())) findings.add(new Finding(Defect.CUT_OFF_ANSWER, "message " + i));
        if (loops(words)) findings.add(new Finding(Defect.LOOP, "message " + i));
        LanguageId.Guess asked = languages.identify(question), told = languages.identify(answer);
        if (asked.margin() > MARGIN && told.margin() > MARGIN && !asked.language().equals(told.language()) && words.count() >= BRIEF
                && Words.of(question).count() >= BRIEF && !TRANSLATION.matcher(question).find())
            findings.add(new Finding(Defect.WRONG_LANGUAGE,
                    "message " + i + " is in '" + told.language() + "', its question in '" + asked.language() + "'"));
    }

    private static boolean isCutOff(String answer, int words) {
        if (words < BRIEF) return false;
        int fences = 0;
        for (int at = answer.indexOf("```"); at >= 0; at = answer.indexOf("```", at + 3)) fences++;
        if (fences % 2 == 1) return true;
        var last = answer.substring(answer.lastIndexOf('\n') + 1).strip();
        boolean item = last.matches("(?:[-*\u2022]|\\d+[.)]) .*") || last.startsWith("|");
        char end = answer.charAt(answer.length() - 1);
        return !item && ENDS.indexOf(end) < 0 && !Character.isSurrogate(end);
    }

    /** One run of five words four times, or all words from a run that comes back at once. */
    private static boolean loops(Words words) {
        var counts = new LongCounts(words.count() + 1);
        var distinct = new HashSet<Long>();
        int n = words.count(), most = 0;
        for (int i = 0; i + 5 <= n; i++) {
            long run = 5;
            for (int j = i; j < i + 5; j++) run = (run ^ words.hash(j)) * 0x9E3779B97F4A7C15L;
            most = Math.max(most, counts.add(run));
            distinct.add(run);
        }
        return n >= 20 && most >= LOOP && 2 * distinct.size() < n;
    }
}
