/** A form whose fields act at once, such as a filter: `<form data-controller="autosubmit">`. Without scripts its button does the same. */
import { controller } from "./registry";

controller<HTMLFormElement>("autosubmit", (form) => {
  const submit = () => form.requestSubmit();
  form.addEventListener("change", submit);
  return () => form.removeEventListener("change", submit);
});
