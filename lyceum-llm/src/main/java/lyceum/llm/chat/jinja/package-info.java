/** The template language of chat templates: start from {@link lyceum.llm.chat.jinja.JinjaTemplate}. */
package lyceum.llm.chat.jinja;
