// Keeps what this page proves itself by where only this origin reads it, and goes on to an address without a token.
localStorage.setItem("secret", document.querySelector("meta[name=secret]").content);
location.replace("/");
