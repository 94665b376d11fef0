//! The futures of the use-cases serve requests, so they must be `Send`. Compiling is the test.

use directory::{
    Caller, Directory, Handle, KeyId, MailId, Message, NewKey, NewPassword, OrganisationId,
    PasswordRule, Platform, Proof, Query, RequestContext, SessionId, SessionKind, SessionRequest,
    SettingsChange, UserId,
};

fn send<T: Send>(_: T) {}

fn directory(directory: &Directory, caller: &Caller, text: &str, platform: Platform) {
    let context = RequestContext::default;
    let request = SessionRequest::of(SessionKind::Bearer);
    send(directory.sign_in(platform, text, text, Some(text), request, context()));
    send(directory.mint_token(caller, Some(OrganisationId(1)), None));
    send(directory.request_password_reset(text, platform, context()));
    send(directory.token_state(text));
    send(directory.redeem_reset(text, text, platform, context()));
    send(directory.confirm_email(text, platform, context()));
    send(directory.due_mail(1));
    send(directory.mail_sent(MailId(1)));
    send(directory.mail_failed(MailId(1), text, None));
    send(directory.mail_password());
    send(directory.sweep());
    send(directory.flush_uses());
}

fn handle(handle: &Handle, text: &str, proof: Option<Proof>, rule: PasswordRule) {
    let user = UserId(1);
    send(handle.create_key(user, NewKey::default()));
    send(handle.keys(&Query::default()));
    send(handle.key(KeyId(1)));
    send(handle.revoke_key(KeyId(1)));
    send(handle.revoke_keys_of(user, None));
    send(handle.sessions(&[user]));
    send(handle.all_sessions());
    send(handle.revoke_session(SessionId(1)));
    send(handle.revoke_sessions_of(user, None));
    send(handle.revoke_token(text));
    send(handle.sign_out());
    send(handle.change_own_password(Some(text), text));
    send(handle.set_password(user, NewPassword::None));
    send(handle.password_rule());
    send(handle.change_password_rule(rule));
    send(handle.unlock(user));
    send(handle.send_password_reset(user, true));
    send(handle.send_access_mail(user));
    send(handle.begin_second_factor(proof.clone()));
    send(handle.confirm_second_factor(text));
    send(handle.renew_recovery_codes(proof.clone()));
    send(handle.recovery_codes_left());
    send(handle.remove_second_factor(user, proof));
    send(handle.change_settings(SettingsChange::default().mail_password(Some(text.to_owned()))));
    send(handle.has_mail_password());
    send(handle.mails(None, 1));
    send(handle.send_message(&[user.into()], Message::default()));
    send(handle.user_chunks(&Query::default(), 1).next());
}

#[test]
fn futures_can_be_moved_between_threads() {
    // Named so that both are compiled; calling them would run nothing.
    let (_, _) = (directory, handle);
}
